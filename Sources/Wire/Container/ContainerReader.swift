/// Finds the pictures of one kind of container, one after the other, in a window that is moved over
/// the file.
protocol ContainerReader: Sendable {
  /// Where it goes on, from the beginning of the window; what lies before is not looked at again.
  /// It may lie beyond the window's end.
  var position: Int { get set }

  /// The next picture; nil when there is none in the window. What it is, is not looked into.
  ///
  /// - Parameter beyond: how many bytes of the file follow the window.
  /// - Throws: where the container contradicts itself.
  mutating func next(in window: Span<UInt8>, beyond: Int) throws(JPEGError) -> PictureLocation?

  /// The window has been moved by so many bytes.
  mutating func moved(by distance: Int)
}

extension ContainerReader {
  mutating func moved(by distance: Int) { position -= distance }
}

/// Where a picture lies.
struct PictureLocation: Equatable {
  let range: Range<Int>
  /// The file ends within it.
  let isCut: Bool

  init(_ range: Range<Int>, isCut: Bool) {
    self.range = range
    self.isCut = isCut
  }
}
