/// A session's identifier and how long it lives without a sign of life (RFC 2326 §12.37).
public struct SessionHeader: Equatable, Sendable {
  /// Opaque, at least eight characters long here.
  public var identifier: String
  /// In seconds; the RFC's 60 where nothing is said.
  public var timeoutSeconds: Int

  /// Both fields.
  public init(identifier: String, timeoutSeconds: Int = 60) {
    self.identifier = identifier
    self.timeoutSeconds = timeoutSeconds
  }

  /// Reads `ID` or `ID;timeout=60`; nil when there is no identifier.
  public init?(_ value: String) {
    let parts = value.split(at: ";", omittingEmptySubsequences: false).map { trimmed($0) }
    guard let identifier = parts.first, !identifier.isEmpty else { return nil }
    self.init(identifier: identifier)
    for part in parts.dropFirst() where part.lowercased().hasPrefix("timeout=") {
      if let seconds = decimal(part.dropFirst(8), limit: 86_400), seconds > 0 {
        timeoutSeconds = seconds
      }
    }
  }

  /// As it stands in the header.
  public var description: String { "\(identifier);timeout=\(timeoutSeconds)" }
}
