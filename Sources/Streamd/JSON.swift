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

  /// Why bytes are no command.
  struct NoCommand: Error {
    /// The field that is not what it should be; nil where there is no object.
    var field: String?
    /// What the answer is known by, where that much can be read.
    var id: Command.Identifier?

    /// For people.
    var reason: String {
      switch field {
      case nil: "this is no JSON object"
      case "server_port": "server_port is no port: want a number from 0 to 65535"
      case "range_s": "range_s is no number"
      case "seconds": "seconds is no whole number"
      case "id": "id is no text and no number"
      case let field?: "\(field) is no text"
      }
    }
  }

  /// A command.
  static func command(_ bytes: [UInt8]) throws(NoCommand) -> Command {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      return try decoder.decode(Command.self, from: Data(bytes))
    } catch {
      struct Addressed: Decodable { var id: Command.Identifier? }
      let id = (try? decoder.decode(Addressed.self, from: Data(bytes)))?.id
      throw NoCommand(field: field(error), id: id)
    }
  }

  /// The first field that a decoder did not like, in snake_case.
  private static func field(_ error: any Error) -> String? {
    let path =
      switch error {
      case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
        DecodingError.keyNotFound(_, let context), DecodingError.dataCorrupted(let context):
        context.codingPath
      default: [any CodingKey]()
      }
    return path.first.map { key in
      key.stringValue.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : "\($1)" }
    }
  }
}
