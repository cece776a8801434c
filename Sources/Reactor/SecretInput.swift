internal import Glibc

/// A line on standard input that nobody is to see: a password.
public enum SecretInput {
  /// Longer ones are cut off there; nobody types that.
  public static let bytesMax = 1024

  /// Somebody can be asked: standard input is a terminal.
  public static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 }

  /// Asks on standard error, and reads a line without showing it. Where standard input is no
  /// terminal nothing is asked, and its first line is taken.
  ///
  /// - Returns: nil when it was given up (Ctrl-C, Ctrl-D, the end of the input) or is no UTF-8.
  public static func line(prompt: String) -> String? {
    var settings = termios()
    let isTerminal = unsafe tcgetattr(STDIN_FILENO, &settings) == 0
    guard isTerminal else { return read(isTerminal: false) }
    var silent = settings
    // Ctrl-C comes as a byte, too: a signal would leave the terminal silent.
    silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
    unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
    Process.writeError(prompt)
    defer {
      unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
      Process.writeError("\n")
    }
    return read(isTerminal: true)
  }

  private static func read(isTerminal: Bool) -> String? {
    var bytes: [UInt8] = []
    while true {
      guard let byte = nextByte() else { return isTerminal || bytes.isEmpty ? nil : text(bytes) }
      switch byte {
      case 0x0A: return text(bytes)
      case 0x0D where isTerminal: return text(bytes)
      case 0x03 where isTerminal, 0x04 where isTerminal: return nil
      case 0x08 where isTerminal, 0x7F where isTerminal:
        // The whole of a character, however many bytes it has.
        while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
      default:
        if bytes.count < bytesMax { bytes.append(byte) }
      }
    }
  }

  private static func text(_ bytes: [UInt8]) -> String? {
    String(validating: bytes.last == 0x0D ? bytes.dropLast() : bytes[...], as: UTF8.self)
  }

  private static func nextByte() -> UInt8? {
    var byte: UInt8 = 0
    guard case .value(1) = systemCall({ unsafe Glibc.read(STDIN_FILENO, &byte, 1) }) else {
      return nil
    }
    return byte
  }
}
