/// A request that is understood and refused: the status, and why in words for the client's author.
public struct RTSPRefusal: Error, Equatable, Sendable {
  /// What to answer.
  public var status: RTSPStatus
  /// The second half of a sentence; empty where the status says it all.
  public var reason: String

  /// Both fields.
  public init(_ status: RTSPStatus, _ reason: String = "") {
    self.status = status
    self.reason = reason
  }
}
