import Testing

@testable import Wire

@Suite("MD5")
struct MD5Tests {
  @Test(
    "has the digests of RFC 1321's test suite (appendix A.5)",
    arguments: [
      ("", "d41d8cd98f00b204e9800998ecf8427e"), ("a", "0cc175b9c0f1b6a831c399e269772661"),
      ("abc", "900150983cd24fb0d6963f7d28e17f72"),
      ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
      ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
      (
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        "d174ab98d277d9f5a5611c2c9f419d9f"
      ),
      (
        "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
        "57edf4a22be3c955ac49da2e2107b67a"
      ),
    ])
  func examples(message: String, expected: String) {
    #expect(MD5.hexadecimal(message) == expected)
  }

  @Test("pads right at every length around a block's end")
  func padding() {
    // The digests of 0 to 130 letters a, digested once more together (as md5sum has them).
    let all = (0...130).map { MD5.hexadecimal(String(repeating: "a", count: $0)) }.joined()
    #expect(MD5.hexadecimal(all) == "dc15a7096e621b7f0679b8ac9d383e7f")
  }
}
