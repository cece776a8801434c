/// What is wrong with a picture or a file of pictures, and where: the byte offset is counted from
/// the beginning of the bytes that were parsed, so that it can be found with a hex dump.
public struct JPEGError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Where the fault lies.
  public let offset: Int
  /// What is wrong, as the second half of a sentence.
  public let reason: String

  init(_ offset: Int, _ reason: String) {
    self.offset = offset
    self.reason = reason
  }

  /// The same fault, counted from `start` bytes earlier.
  public func moved(by start: Int) -> JPEGError { JPEGError(offset + start, reason) }

  /// `at byte 1234: the picture is progressive`.
  public var description: String { "at byte \(offset): \(reason)" }
}
