internal import FoundationEssentials
internal import Wire

/// The toolchain's JSON coder, set to the daemon's conventions. For control messages only.
enum JSON {
  /// A value as JSON, in snake_case with sorted keys.
  static func encode(_ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(value))
    } catch {
      preconditionFailure("a report that is no JSON: \(error)")
    }
  }

  /// A name and a password; nil when the bytes are none.
  static func login(_ bytes: [UInt8]) -> Login? {
    try? JSONDecoder().decode(Login.self, from: Data(bytes))
  }

  /// A command; nil when the bytes are none.
  static func command(_ bytes: [UInt8]) -> Command? {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try? decoder.decode(Command.self, from: Data(bytes))
  }
}
