import Foundation
import Testing
import Wire

/// JSON with the daemon's conventions (Sources/Streamd/JSON.swift).
enum ControlJSON {
  static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// The names in an object, sorted.
  static func keys(_ value: some Encodable) throws -> [String] {
    let object = try JSONSerialization.jsonObject(with: Data(text(value).utf8))
    return try #require(object as? [String: Any]).keys.sorted()
  }

  static func read<Value: Decodable>(_ text: String, as type: Value.Type) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(text.utf8))
  }
}
