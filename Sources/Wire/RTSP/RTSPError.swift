/// Why bytes are no RTSP message. The connection cannot go on after it, since nobody knows where
/// the next message would begin.
public struct RTSPError: Error, Equatable, Sendable {
  /// What to answer before closing.
  public let status: RTSPStatus
  /// Where the fault lies, counted from the first byte of the connection.
  public let position: Int
  /// What is wrong, in words for the person who wrote the client.
  public let reason: String
  /// The request's number, where it had been read by then.
  public var sequence: Int?
  /// Whether the peer seems to speak HTTP, and so should be answered in HTTP.
  public var isHTTP = false
}
