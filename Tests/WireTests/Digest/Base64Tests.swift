import Foundation
import Testing

@testable import Wire

@Suite("Base64")
struct Base64Tests {
  @Test(
    "writes the examples of RFC 4648 §10",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
      ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
  func examples(text: String, encoded: String) {
    #expect(Base64.encode(Array(text.utf8)) == encoded)
  }

  @Test("uses the whole alphabet, plus and slash at its end")
  func alphabet() {
    // 48 bytes whose groups of six bits count from 0 to 63.
    var bytes: [UInt8] = []
    for first in stride(from: 0, to: 64, by: 4) {
      let bits = first << 18 | (first + 1) << 12 | (first + 2) << 6 | (first + 3)
      bytes += [UInt8(bits >> 16), UInt8(bits >> 8 & 255), UInt8(bits & 255)]
    }
    #expect(
      Base64.encode(bytes) == "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    #expect(Base64.encode([0xFF]) == "/w==")
    #expect(Base64.encode([0xFF, 0xFF]) == "//8=")
    #expect(Base64.encode([0, 0, 0]) == "AAAA")
  }

  @Test("is read by Foundation as what was written, for every length up to 300")
  func agrees() {
    var random = SplitMix64(seed: 4648)
    for length in 0...300 {
      let bytes = random.bytes(length)
      #expect(Data(base64Encoded: Base64.encode(bytes)).map { [UInt8]($0) } == bytes)
    }
  }

  @Test("reads back what it writes, at every length, in both alphabets")
  func roundTrip() {
    let bytes = (0...255).map { UInt8(255 - $0) }
    for count in 0...255 {
      let part = Array(bytes.prefix(count))
      #expect(Base64.decode(Base64.encode(part)) == part, "\(count)")
      #expect(Base64.decodeURL(Base64.encodeURL(part)) == part, "\(count)")
    }
    #expect(Base64.encodeURL([0xFB, 0xFF]) == "-_8")
  }

  @Test(
    "takes no second spelling of the same bytes, and nothing else",
    arguments: [
      "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "Z===", "====", "Zm 9", "Zm9v\n", "Zm9*", "Zm9é",
      "-_8=",
    ])
  func refused(text: String) {
    #expect(Base64.decode(text) == nil)
  }

  @Test(
    "the same without padding", arguments: ["Z", "Zh", "Zm9", "Zg==", "+/8", "Zm9v ", "Zm.v", "é"])
  func refusedURL(text: String) {
    #expect(Base64.decodeURL(text) == nil)
  }
}
