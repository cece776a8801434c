import Testing

@testable import Wire

@Suite("ConstantTime")
struct ConstantTimeTests {
  @Test("finds a difference in any byte and in the length")
  func differences() {
    let secret = Array("0123456789abcdef".utf8)
    #expect(ConstantTime.isEqual(secret, secret) && ConstantTime.isEqual("", ""))
    for index in secret.indices {
      var other = secret
      other[index] ^= 0x80
      #expect(!ConstantTime.isEqual(secret, other), "byte \(index)")
    }
    #expect(!ConstantTime.isEqual(secret, Array(secret.dropLast())))
    #expect(!ConstantTime.isEqual(secret, secret + [0]))
  }
}
