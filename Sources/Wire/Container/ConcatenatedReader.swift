/// Finds the pictures of a file that has one after the other. What lies between them is passed
/// over: cameras pad with zeros, and some write text.
struct ConcatenatedReader: ContainerReader {
  private var position = 0

  mutating func next(in bytes: Span<UInt8>) -> PictureLocation? {
    // A file that has been taken for this kind begins with a picture, or what is wrong with it is
    // to be said of its beginning.
    let start = position == 0 ? 0 : JPEGExtent.nextPicture(bytes, from: position)
    guard let start, start < bytes.count else { return nil }
    let extent = JPEGExtent(bytes, from: start)
    position = extent.end
    return PictureLocation(start..<extent.end, isCut: extent.ending == .endOfBytes)
  }
}
