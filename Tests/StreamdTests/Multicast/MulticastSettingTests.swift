import Reactor
import Testing
import Wire

@testable import Streamd

@Suite("multicast of the configuration")
struct MulticastSettingTests {
  private func configuration(_ arguments: [String]) throws -> Configuration {
    guard case .run(let parsed) = try Arguments.parse(arguments, environment: [:]) else {
      throw Configuration.Fault(message: "not a command line that runs")
    }
    return try parsed.configuration()
  }

  private func fault(_ arguments: [String]) -> String {
    #expect(throws: Configuration.Fault.self) { try configuration(arguments) }?.message ?? ""
  }

  @Test(
    "a name, a group, a port, and how far it goes",
    arguments: [
      ("movie.Mjpeg=239.255.0.1:5004", "movie.Mjpeg", "239.255.0.1:5004", 1),
      ("a=b/c.avi=232.1.1.1:5005/64", "a=b/c.avi", "232.1.1.1:5005", 64),
      ("live/door=[ff15::1]:5004/0", "live/door", "[ff15::1]:5004", 0),
    ] as [(String, String, String, UInt8)])
  func reads(text: String, name: String, address: String, ttl: UInt8) throws {
    let setting = try #require(MulticastSetting(text))
    #expect(setting.name == name && "\(setting.address)" == address && setting.ttl == ttl)
    #expect(MulticastSetting(setting.description) == setting)
    #expect(setting.group?.port == setting.address.port)
  }

  @Test(
    "anything else is none",
    arguments: [
      "", "=", "a", "a=", "a=239.255.0.1", "=239.255.0.1:5004", "a=192.0.2.1:5004",
      "a=240.0.0.1:5004", "a=239.255.0.1:0", "a=239.255.0.1:65535", "a=239.255.0.1:5004/256",
      "a=239.255.0.1:5004/-1",
      "a=239.255.0.1:5004/-0", "a=\u{301}239.255.0.1:5004", "a=239.255.0.1:5004/+1",
      "a=239.255.0.1:5004/", "a=ff15::1:5004",
      "a=239.255.0.1:65536", "a=door:5004",
    ])
  func refuses(text: String) {
    #expect(MulticastSetting(text) == nil)
  }

  @Test("flags say the same as the file")
  func flags() throws {
    let settings = try configuration([
      "--multicast", "a=239.255.0.1:5004,b=239.255.0.2:5004/4", "--multicast-interface", "eth0",
    ])
    #expect(settings.multicast.map(\.name) == ["a", "b"])
    #expect(settings.multicastInterface == "eth0")
    #expect(
      fault(["--multicast", "a=192.0.2.1:5004"])
        == "--multicast a=192.0.2.1:5004: want NAME=GROUP:PORT or NAME=GROUP:PORT/TTL, such as "
        + "movie.Mjpeg=239.255.0.1:5004/4")
    #expect(fault(["--multicast-interface", "sixteen-letters-"]).contains("want the name of a"))
  }

  @Test("two media do not share a group's ports, nor one two groups")
  func collisions() {
    #expect(
      fault(["--multicast", "a=239.255.0.1:5004,b=239.255.0.1:5005"])
        == "multicast: b has the ports of a")
    #expect(
      fault(["--multicast", "a=239.255.0.1:5004,a=239.255.0.2:5004"])
        == "multicast: a is there twice")
    #expect(throws: Never.self) {
      try configuration(["--multicast", "a=239.255.0.1:5004,b=239.255.0.1:5006"])
    }
  }

  @Test("instances that share ports would all send")
  func instances() {
    let message = fault([
      "--multicast", "a=239.255.0.1:5004", "--instances", "127.0.0.1:5001", "--instance", "1",
    ])
    #expect(message.hasPrefix("multicast: instances that share ports would all send"))
  }
}
