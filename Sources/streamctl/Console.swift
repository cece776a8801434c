internal import Reactor

/// Standard output as this program uses it: lines for people, JSON for programs.
struct Console {
  /// Somebody looks at it.
  let isTerminal = Terminal.output.isInteractive
  /// Colours are wanted: never in a file, never where the person has said no (no-color.org).
  let isColoured: Bool

  init() {
    isColoured =
      isTerminal && Environment["NO_COLOR"] == nil
      && Environment["TERM"].map { $0 != "dumb" } ?? false
  }

  /// How much fits on the screen.
  var size: (columns: Int, rows: Int) { Terminal.output.size ?? (80, 24) }

  /// Writes a line.
  func print(_ line: String) throws(Failure) { try write(Array((line + "\n").utf8)) }

  /// Writes lines in one call.
  func print(_ lines: [String]) throws(Failure) {
    if !lines.isEmpty { try print(lines.joined(separator: "\n")) }
  }

  /// Writes a table, or a sentence where it is empty.
  func print(_ table: Table, orElse sentence: String) throws(Failure) {
    if table.isEmpty { return try print(sentence) }
    try print(table.lines(isColoured: isColoured))
  }

  /// A word in a style, where colours are wanted.
  func styled(_ text: String, _ style: Table.Style) -> String {
    isColoured ? style.applied(to: text) : text
  }

  /// Writes bytes as they are.
  func write(_ bytes: [UInt8]) throws(Failure) {
    do throws(SystemError) {
      try Terminal.output.write(bytes)
    } catch {
      // `streamctl log | head`: whoever reads has read enough, and that is no error.
      if error.isBrokenPipe { throw Failure(.interrupted, "") }
      throw Failure(.refused, "standard output cannot be written: \(error.reason)")
    }
  }
}
