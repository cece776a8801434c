import Testing

@testable import Wire

@Suite("SHA256")
struct SHA256Tests {
  private func digest(_ message: String) -> String {
    Hexadecimal.encode(SHA256.digest(Array(message.utf8)))
  }

  @Test(
    "has the digests of NIST's examples",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopq"
          + "klmnopqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
      ),
    ])
  func examples(message: String, expected: String) {
    #expect(digest(message) == expected)
  }

  @Test("pads right at every length around a block's end")
  func padding() {
    // The digests of 0 to 130 letters a, digested once more together (as sha256sum has them).
    let all = (0...130).map { digest(String(repeating: "a", count: $0)) }.joined()
    #expect(digest(all) == "5eee4c50e1b5ec4f1a47f34c25ca988850b49da7904f5ab1b3abc5cc0ae66ef9")
  }
}
