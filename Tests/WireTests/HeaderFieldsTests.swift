import Testing

@testable import Wire

@Suite("HeaderFields")
struct HeaderFieldsTests {
  private var headers: HeaderFields {
    var headers = HeaderFields()
    headers.append("CSeq", "1")
    headers.append("Session", "a")
    headers.append("cseq", "2")
    return headers
  }

  @Test("finds lines without regard to case, the first of several")
  func finds() {
    #expect(headers["CSEQ"] == "1")
    #expect(headers.all("cSeQ") == ["1", "2"])
    #expect(headers["CSe"] == nil)
    #expect(headers.all("X") == [])
  }

  @Test("keeps names as they were written, and their order")
  func keepsOrder() {
    #expect(headers.fields.map(\.name) == ["CSeq", "Session", "cseq"])
  }

  @Test("replaces every line of a name when it is set, and removes them for nil")
  func sets() {
    var headers = headers
    headers["CSEQ"] = "3"
    #expect(headers.all("CSeq") == ["3"])
    #expect(headers.fields.map(\.name) == ["Session", "CSEQ"])
    headers["session"] = nil
    #expect(headers.fields.map(\.name) == ["CSEQ"])
    headers["Accept"] = nil
    #expect(headers.fields.count == 1)
  }

  @Test("continues the last line when folded, if there is one")
  func folds() {
    var headers = HeaderFields()
    let foldedNothing = headers.fold("x")
    #expect(!foldedNothing)
    headers.append("A", "1")
    headers.append("B", "2")
    let folded = headers.fold("3")
    #expect(folded)
    #expect(headers["A"] == "1")
    #expect(headers["B"] == "2 3")
    // A line of nothing but white space adds nothing, or a number would be none any more.
    let foldedNone = headers.fold("")
    #expect(foldedNone)
    #expect(headers["B"] == "2 3")
    headers.append("C", "")
    let foldedFirst = headers.fold("4")
    #expect(foldedFirst)
    #expect(headers["C"] == "4")
  }
}
