import Testing

@testable import Wire

@Suite("SHA1")
struct SHA1Tests {
  private func digest(_ message: [UInt8]) -> String {
    SHA1.digest(message).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test(
    "has the digests of FIPS 180's examples",
    arguments: [
      ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
      ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
      ),
      (
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopq"
          + "klmnopqrlmnopqrsmnopqrstnopqrstu",
        "a49b2446a02c645bf419f995b67091253a04a259"
      ),
      (
        "The quick brown fox jumps over the lazy dog",
        "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"
      ),
    ])
  func examples(message: String, expected: String) {
    #expect(digest(Array(message.utf8)) == expected)
  }

  @Test("has the digest of a million letters a")
  func million() {
    let message = [UInt8](repeating: 0x61, count: 1_000_000)
    #expect(digest(message) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
  }

  @Test(
    "pads messages that end around the edge of a block",
    arguments: [
      (55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"),
      (56, "c2db330f6083854c99d4b5bfb6e8f29f201be699"),
      (57, "f08f24908d682555111be7ff6f004e78283d989a"),
      (63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5"),
      (64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
      (65, "11655326c708d70319be2610e8a57d9a5b959d3b"),
      (119, "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56"),
      (120, "f34c1488385346a55709ba056ddd08280dd4c6d6"),
      (128, "ad5b3fdbcb526778c2839d2f151ea753995e26a0"),
    ])
  func padding(length: Int, expected: String) {
    #expect(digest([UInt8](repeating: 0x61, count: length)) == expected)
  }

  @Test("takes every byte as it is")
  func everyByte() {
    #expect(digest((0...255).map { UInt8($0) }) == "4916d6bdb7f78e6803698cab32d1586ea457dfc8")
  }
}
