/// Finds the pictures of a file that has one after the other. What lies between them is passed
/// over: cameras pad with zeros, and some write text.
struct ConcatenatedReader: ContainerReader {
  var position = 0
  /// A file that has been taken for this kind begins with a picture, or what is wrong with it is to
  /// be said of its beginning.
  private var isFirst = true
  private var damage = DamagedStretch()

  mutating func next(in window: Span<UInt8>, beyond: Int) -> PictureLocation? {
    let start = isFirst ? position : JPEGExtent.nextPicture(window, from: position)
    guard let start, start < window.count else {
      // The last two bytes may begin a picture.
      position = max(position, window.count - 2)
      return nil
    }
    position = start
    let extent = JPEGExtent(window, from: start)
    var end = extent.end
    if extent.ending == .malformed {
      var damage = damage
      let search = damage.resumption(behind: start, reach: extent.reach)
      guard let next = JPEGExtent.nextPicture(window, from: search) else {
        return beyond > 0 ? nil : take(start..<window.count, isCut: false)
      }
      self.damage = damage
      end = next
    } else if extent.ending == .endOfBytes, beyond > 0 {
      return nil
    }
    return take(start..<end, isCut: extent.ending == .endOfBytes)
  }

  mutating func moved(by distance: Int) {
    position -= distance
    damage.moved(by: distance)
  }

  private mutating func take(_ range: Range<Int>, isCut: Bool) -> PictureLocation {
    isFirst = false
    position = range.upperBound
    return PictureLocation(range, isCut: isCut)
  }
}
