/// Comparing with a secret without telling by the time it takes how much of a guess is right.
public enum ConstantTime {
  /// Whether two byte strings are the same. Only their lengths show in the time.
  public static func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    var difference: UInt8 = 0
    for index in a.indices { difference |= a[index] ^ b[index] }
    return difference == 0
  }

  /// The same of two texts' UTF-8.
  public static func isEqual(_ a: String, _ b: String) -> Bool {
    isEqual(Array(a.utf8), Array(b.utf8))
  }
}
