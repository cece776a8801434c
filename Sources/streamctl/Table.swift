/// Rows in columns that are as wide as their widest cell.
struct Table {
  /// How a cell or a word is shown where colours are.
  enum Style: String {
    case plain = ""
    case bold = "1"
    case faint = "2"
    case good = "32"
    case careful = "33"
    case bad = "31"

    /// The style that says what a state means.
    static func ofState(_ state: String) -> Style {
      switch state {
      case "running", "playing", "recording": .good
      case "starting", "stopping", "ready", "paused", "warning", "connecting", "held", "waiting":
        .careful
      case "error", "retrying", "unauthorised": .bad
      case "stopped", "init", "ended", "info", "idle": .faint
      default: .plain
      }
    }

    /// The text between the marks of the style (ECMA-48, SGR).
    func applied(to text: String) -> String {
      self == .plain || text.isEmpty ? text : "\u{1B}[\(rawValue)m\(text)\u{1B}[0m"
    }
  }

  /// A cell's text, which is made plain here.
  struct Cell: ExpressibleByStringLiteral {
    let text: String
    let style: Style

    init(_ text: String, _ style: Style = .plain) {
      self.text = PlainText.escaped(text)
      self.style = style
    }

    init(_ number: Int) { self.init(String(number)) }

    init(stringLiteral text: String) { self.init(text) }

    /// A state in its colour.
    static func state(_ state: String) -> Cell { Cell(state, .ofState(state)) }
  }

  /// A column's title; figures stand to the right.
  struct Column {
    let title: String
    var isFigure = false

    static func figure(_ title: String) -> Column { Column(title: title, isFigure: true) }
    static func text(_ title: String) -> Column { Column(title: title) }
  }

  let columns: [Column]
  private var rows: [[Cell]] = []

  init(_ columns: [Column]) { self.columns = columns }

  var isEmpty: Bool { rows.isEmpty }

  mutating func append(_ cells: [Cell]) {
    precondition(cells.count == columns.count, "a row with other columns than the table")
    rows.append(cells)
  }

  /// The lines, the titles first.
  ///
  /// - Parameters:
  ///   - isColoured: marks styles.
  ///   - width: cuts lines off there; nil lets them be as long as they are.
  func lines(isColoured: Bool, width: Int? = nil) -> [String] {
    let all = [columns.map { Cell($0.title, .bold) }] + rows
    let widths = columns.indices.map { column in
      all.map { PlainText.columns(of: $0[column].text) }.max() ?? 0
    }
    return all.map { row in
      var (line, room) = ("", width ?? .max)
      for (index, cell) in row.enumerated() {
        let isFigure = columns[index].isFigure
        let gap = min(room, widths[index] - PlainText.columns(of: cell.text))
        let text = PlainText.prefix(cell.text, columns: isFigure ? room - gap : room)
        let shown = isColoured ? cell.style.applied(to: text) : text
        let padding = String(repeating: " ", count: gap)
        line += isFigure ? padding + shown : shown + padding
        room -= min(room, widths[index] + 2)
        if room == 0 { break }
        line += "  "
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
