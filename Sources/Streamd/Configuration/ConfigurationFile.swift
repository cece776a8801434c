internal import FoundationEssentials
internal import Reactor
internal import Wire

/// The configuration as a JSON file has it: one object whose names are the settings'.
struct ConfigurationFile {
  let assignments: [Configuration.Assignment]

  /// Nobody writes more by hand.
  private static let bytesMax = 1 << 20

  /// Reads and checks the file at `path`.
  init(path: String) throws(Configuration.Fault) {
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try WholeFile.read(path, limit: Self.bytesMax)
    } catch {
      throw Configuration.Fault(message: "cannot read \(path): \(error.reason)")
    }
    try self.init(bytes, name: path)
  }

  /// Reads the text of a file that errors call `name`.
  init(_ bytes: [UInt8], name: String) throws(Configuration.Fault) {
    let document = try Self.object(bytes, name: name)
    var assignments: [Configuration.Assignment] = []
    // In the table's order, so that the first error is the same every time.
    for key in document.keys.sorted() where Setting.named(key) == nil {
      throw Self.unknown(key, name)
    }
    for setting in Setting.all {
      guard let value = document[setting.name] else { continue }
      let origin = "\(name): \(setting.name)"
      if setting.shape == .sources {
        guard case .object(let members) = value else {
          throw Configuration.Fault(message: "\(origin): want \(Self.shapes(setting))")
        }
        assignments.append(
          .init(setting: setting, values: [], members: members, origin: origin))
      } else {
        assignments.append(
          .init(setting: setting, values: try Self.values(value, setting, origin), origin: origin))
      }
    }
    self.assignments = assignments
  }

  /// The object that a text is.
  static func object(
    _ bytes: [UInt8], name: String
  ) throws(Configuration.Fault) -> [String: JSONValue] {
    do {
      return try JSONDecoder().decode([String: JSONValue].self, from: Data(bytes))
    } catch {
      throw Configuration.Fault(message: "\(name): \(Self.reason(error, bytes))")
    }
  }

  private static func unknown(_ key: String, _ name: String) -> Configuration.Fault {
    let nearest = Spelling.nearest(to: key, among: Setting.all.map(\.name))
    let hint = nearest.map { "did you mean \($0)?" } ?? "see streamd.json(5)"
    return .init(message: "\(name): unknown key \(key), \(hint)")
  }

  private static func reason(_ error: any Error, _ bytes: [UInt8]) -> String {
    if case DecodingError.typeMismatch = error { return "want a JSON object, {…}" }
    return "this is no JSON, from \(JSONSyntax.fault(in: bytes) ?? "its beginning") on"
  }

  /// The value's texts, when it has the setting's shape.
  private static func values(
    _ value: JSONValue, _ setting: Setting, _ origin: String
  ) throws(Configuration.Fault) -> [String] {
    switch (setting.shape, value) {
    case (.boolean, .bool(let flag)): return [String(flag)]
    case (.string, .string(let text)), (.numberOrString, .string(let text)): return [text]
    case (.number, .number(let text)), (.numberOrString, .number(let text)): return [text]
    case (.list, .array(let items)):
      return try items.map { item throws(Configuration.Fault) in
        guard case .string(let text) = item else {
          throw Configuration.Fault(
            message: "\(origin): want a list of strings, each \(setting.wanted), not \(item.kind)")
        }
        return text
      }
    case (.object, .object(let members)):
      return try members.sorted { $0.key < $1.key }.map { member throws(Configuration.Fault) in
        guard case .number(let text) = member.value else {
          throw Configuration.Fault(
            message: "\(origin): \(member.key): want a number, not \(member.value.kind)")
        }
        return "\(member.key)=\(text)"
      }
    default:
      let kind = setting.isSecret ? "anything else" : value.kind
      throw Configuration.Fault(
        message: "\(origin): want \(Self.shapes(setting)), not \(kind)")
    }
  }

  private static func shapes(_ setting: Setting) -> String {
    switch setting.shape {
    case .boolean: "true or false"
    case .number: "a number (\(setting.wanted))"
    case .numberOrString: "a number or a string (\(setting.wanted))"
    case .string: "a string (\(setting.wanted))"
    case .list: "a list of strings (each \(setting.wanted))"
    case .object: "an object of numbers, such as {\"connections\": 500}"
    case .sources: "an object, such as {\"camera\": \"rtsp://192.0.2.7/stream\"}"
    }
  }
}
