/// What a browser or script asks for over the WebSocket, or in the body of a request.
public struct Command: Decodable, Equatable, Sendable {
  /// What the answer to a command is known by: a text or a number, which comes back as it came;
  /// of an integer beyond 64 bits so much as a `Double` holds.
  public enum Identifier: Equatable, Sendable {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case text(String), integer(Int), number(Double)
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var event: String?
  /// Comes back in the answer.
  public var id: Identifier?
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var serverAddr: String?
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var serverPort: Int?
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var videoFile: String?
  /// `udp` or `tcp`.
  public var transport: String?
  /// `annotated` or `base64`.
  public var frames: String?
  /// A session that exists already and is to be watched.
  public var sessionId: String?
  /// A live source that is to be recorded.
  public var source: String?
  /// Where to play from, in seconds.
  public var rangeS: Double?
  /// How long something may last.
  public var seconds: Int?

  /// One that asks for nothing.
  public init() {}

  private enum CodingKeys: CodingKey {
    case event, id, serverAddr, serverPort, videoFile, transport, frames, sessionId, source, rangeS
    case seconds
  }

  /// Reads the fields that are there; a port may be a number or its text, as in HTML forms.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    event = try container.decodeIfPresent(String.self, forKey: .event)
    id = try container.decodeIfPresent(Identifier.self, forKey: .id)
    serverAddr = try container.decodeIfPresent(String.self, forKey: .serverAddr)
    serverPort = try Self.text(container, .serverPort).map { text in
      guard let port = decimal(trimmed(text), limit: 65_535) else {
        throw DecodingError.dataCorruptedError(
          forKey: .serverPort, in: container, debugDescription: "not a port")
      }
      return port
    }
    videoFile = try container.decodeIfPresent(String.self, forKey: .videoFile)
    transport = try container.decodeIfPresent(String.self, forKey: .transport)
    frames = try container.decodeIfPresent(String.self, forKey: .frames)
    sessionId = try container.decodeIfPresent(String.self, forKey: .sessionId)
    source = try container.decodeIfPresent(String.self, forKey: .source)
    rangeS = try container.decodeIfPresent(Double.self, forKey: .rangeS)
    seconds = try container.decodeIfPresent(Int.self, forKey: .seconds)
  }

  private static func text(
    _ container: KeyedDecodingContainer<CodingKeys>, _ key: CodingKeys
  ) throws -> String? {
    if let text = try? container.decodeIfPresent(String.self, forKey: key) { return text }
    return try container.decodeIfPresent(Int.self, forKey: key).map(String.init)
  }
}

extension Command.Identifier: Codable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let integer = try? container.decode(Int.self) {
      self = .integer(integer)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .integer(let integer): try container.encode(integer)
    case .number(let number): try container.encode(number)
    }
  }
}
