/// What somebody who mistyped a name may have meant.
public enum Spelling {
  /// The known name that takes the fewest edits to get from `typed`, whatever its case; nil when
  /// even that one takes more than three.
  public static func nearest(to typed: String, among known: some Sequence<String>) -> String? {
    let typed = typed.lowercased()
    // A name that is nothing like a word of its length is no typing error.
    guard typed.utf8.count <= 64 else { return nil }
    let ranked = known.map { (name: $0, edits: edits(from: $0.lowercased(), to: typed)) }
    guard let best = ranked.min(by: { $0.edits < $1.edits }), best.edits <= 3 else { return nil }
    return best.name
  }

  /// How many letters have to be changed, added, left out or swapped with the next one
  /// (Damerau and Levenshtein).
  private static func edits(from a: String, to b: String) -> Int {
    let (a, b) = (Array(a.utf8), Array(b.utf8))
    var rows = [Array(0...b.count)]
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        let change = rows[i][j] + (a[i] == b[j] ? 0 : 1)
        var best = min(change, row[j] + 1, rows[i][j + 1] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
