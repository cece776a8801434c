internal import Glibc

/// The variables that a program was started with.
public enum Environment {
  /// A variable's value; nil when it is not set or empty, which the XDG rules and NO_COLOR hold to
  /// be the same.
  public static subscript(name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }
}
