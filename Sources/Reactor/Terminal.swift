internal import Glibc

/// Standard output and standard error of a program that people and other programs use.
public enum Terminal: Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  case output, errors

  private var number: Int32 { self == .output ? STDOUT_FILENO : STDERR_FILENO }

  /// Somebody looks at it.
  public var isInteractive: Bool { isatty(number) == 1 }

  /// How many characters fit; nil where it is no terminal, or one that does not say.
  public var size: (columns: Int, rows: Int)? {
    var size = winsize()
    guard unsafe ioctl(number, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
    else { return nil }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Writes all of `bytes`, however long the reader takes.
  ///
  /// - Throws: ``SystemError/isBrokenPipe`` when nobody reads any more; a full disk's error.
  public func write(_ bytes: [UInt8]) throws(SystemError) {
    try WholeFile.write(bytes, to: number)
  }

  /// Writes all of a text, in one call where the kernel takes it.
  ///
  /// - Throws: as ``write(_:)-([UInt8])``.
  public func write(_ text: String) throws(SystemError) { try write(Array(text.utf8)) }
}

extension SystemError {
  /// Nobody reads what is written.
  public var isBrokenPipe: Bool { code == EPIPE }
}
