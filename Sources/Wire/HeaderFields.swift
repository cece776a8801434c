/// The header lines of an RTSP or HTTP message in their order. Names are compared without regard to
/// case.
public struct HeaderFields: Equatable, Sendable {
  /// One line.
  public struct Field: Equatable, Sendable {
    /// As it was written.
    public var name: String
    /// Without the white space around it.
    public var value: String
  }

  /// All lines.
  public private(set) var fields: [Field] = []

  /// No lines.
  public init() {}

  /// The first value under a name; setting replaces all of them.
  public subscript(name: String) -> String? {
    get { fields.first { equalIgnoringCase($0.name, name) }?.value }
    set {
      fields.removeAll { equalIgnoringCase($0.name, name) }
      if let newValue { append(name, newValue) }
    }
  }

  /// Every value under a name.
  public func all(_ name: String) -> [String] {
    fields.filter { equalIgnoringCase($0.name, name) }.map(\.value)
  }

  /// Appends a line.
  public mutating func append(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: value))
  }

  /// Continues the last line (RFC 2616 §2.2, folding); false when there is none.
  mutating func fold(_ text: String) -> Bool {
    guard !fields.isEmpty else { return false }
    let isAlone = text.isEmpty || fields[fields.count - 1].value.isEmpty
    fields[fields.count - 1].value += isAlone ? text : " " + text
    return true
  }
}
