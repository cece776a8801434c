import Foundation
import Testing

/// The style of the project where a machine can judge it. Every fault is named by file and line.
@Suite("Tidy")
struct TidyTests {
  private let sources = SourceFile.all

  @Test("the files are found")
  func found() {
    #expect(sources.contains { $0.path == "Sources/Reactor/Epoll.swift" })
    #expect(sources.contains { $0.path == "Tests/TidyTests/TidyTests.swift" })
  }

  @Test("no line is longer than 100 columns")
  func columns() {
    report { file in file.lines.indices.filter { file.lines[$0].count > 100 } }
  }

  @Test("no function is longer than 70 lines")
  func functions() {
    report { file in file.functions.filter { $0.count > 70 }.map(\.lowerBound) }
  }

  @Test("no file is longer than 450 lines")
  func length() {
    report { file in file.lines.count > 450 ? [450] : [] }
  }

  @Test("every file declares something")
  func empty() {
    report { file in
      let declares = file.code.contains { line in
        let line = line.trimmed
        return !line.isEmpty && !SourceFile.isImport(line)
      }
      return declares ? [] : [0]
    }
  }

  @Test("nothing is left for later")
  func leftovers() {
    // Put together here, so that this file is not a fault itself.
    let marks = ["FIX" + "ME", "TO" + "DO", "XX" + "X"]
    report { file in
      file.lines.indices.filter { index in marks.contains { file.lines[index].contains($0) } }
    }
  }

  @Test("only Epoll.swift names epoll's functions")
  func epoll() {
    report(except: ["Sources/Reactor/Epoll.swift"]) { file in
      file.code.indices.filter { file.code[$0].contains("epoll_") }
    }
  }

  @Test("Wire imports nothing")
  func wire() {
    report(only: ["Sources/Wire/"]) { file in file.imports }
  }

  @Test("Reactor imports nothing but the C library and locks")
  func reactor() {
    report(only: ["Sources/Reactor/"]) { file in
      file.imports.filter {
        !["Glibc", "CLinux", "Synchronization"].contains(file.code[$0].lastWord)
      }
    }
  }

  @Test("the program does without all of Foundation")
  func foundation() {
    report(only: ["Sources/"]) { file in
      file.imports.filter { file.code[$0].lastWord == "Foundation" }
    }
  }

  @Test("the text of strangers is cut by bytes: to Swift a mark hides the separator beside it")
  func separators() {
    report(only: ["Sources/Wire/"]) { file in
      file.code.indices.filter { index in
        let parts = file.code[index].components(separatedBy: ".split(separator: \"")
        return parts.dropLast().contains {
          !$0.hasSuffix(".utf8") && !$0.hasSuffix("unicodeScalars")
        }
      }
    }
  }

  @Test("every file of Wire and Reactor has its tests where one looks for them")
  func mirrors() {
    let paths = Set(sources.map(\.path))
    let missing = sources.map(\.path).filter { path in
      guard let mirror = SourceFile.mirror(of: path) else { return false }
      return !paths.contains(mirror)
    }
    #expect(missing.filter { Self.withoutTests[$0] == nil } == [], "files without tests")
    let needless = Self.withoutTests.keys.filter { !missing.contains($0) }
    #expect(needless.sorted() == [], "exceptions that are none")
  }

  @Test("what broke other servers is tried here, by a test or a case that is named by the report")
  func reports() {
    let tests = sources.filter { $0.path.hasPrefix("Tests/") && !$0.path.contains("TidyTests") }
    let lines = tests.flatMap(\.lines).filter { !$0.trimmed.hasPrefix("//") }
    let text = lines.joined(separator: "\n")
    #expect(Self.reportsOfOthers.filter { !text.contains($0) } == [])
  }

  private static let reportsOfOthers = [
    "CVE-2006-2023", "CVE-2007-6036", "CVE-2008-2654", "CVE-2013-6933", "CVE-2013-6934",
    "CVE-2018-4013", "CVE-2019-6256", "CVE-2019-7732", "CVE-2019-7733", "CVE-2019-9215",
    "CVE-2020-12763", "CVE-2021-38380", "CVE-2021-38381", "CVE-2021-38382", "CVE-2021-41396",
    "CVE-2023-37117", "CVE-2023-50685", "CVE-2024-29191", "CVE-2024-29192", "CVE-2024-29193",
    "CVE-2024-29882", "CVE-2026-35903", "CVE-2026-41470", "CVE-2026-51599", "VU#460350",
    "cherokee#1242", "gpac#3533", "gortsplib#604", "gortsplib#652", "gortsplib#664",
    "gortsplib#954", "IPCamKit PR#7", "live555#19", "rgaufman/live555#20", "rgaufman/live555#21",
    "rgaufman/live555#23", "rgaufman/live555#66", "UxPlay#185", "v4l2rtspserver#187",
  ]

  /// What has no tests of its own, and why.
  private static let whole = "a part of JPEGNormalizer, whose results others judge"
  private static let withoutTests = [
    "Sources/Reactor/Epoll.swift": "only the event loop uses it, whose tests are its tests",
    "Sources/Reactor/Socket.swift": "what sockets share; tested with each of them",
    "Sources/Wire/Container/ContainerReader.swift": "what readers have in common",
    "Sources/Wire/JPEG/JPEGError.swift": "a value; the parsers' tests say which one is thrown",
    "Sources/Wire/JPEG/BlockCoder.swift": whole,
    "Sources/Wire/JPEG/BlockGrid.swift": whole,
    "Sources/Wire/JPEG/JPEGCoefficients.swift": whole,
    "Sources/Wire/JPEG/JPEGCoefficients+Normalization.swift": whole,
    "Sources/Wire/JPEG/JPEGScanDecoder.swift": whole,
    "Sources/Wire/JPEG/JPEGScanEncoder.swift": whole,
    "Sources/Wire/JPEG/JPEGMarker.swift": "names of bytes; tested with what is parsed by them",
    "Sources/Wire/RTSP/RTSPError.swift": "a value; the parser's tests say which one is thrown",
    "Sources/Wire/RTSP/RTSPRefusal.swift": "a value; the conversation's tests say which one it is",
  ]

  /// Every line that `faults` finds, in all files or in those below some folders.
  private func report(
    only folders: [String] = [""], except exceptions: [String] = [],
    _ faults: (SourceFile) -> [Int]
  ) {
    for file in sources where folders.contains(where: file.path.hasPrefix) {
      if exceptions.contains(where: file.path.hasPrefix) { continue }
      for index in faults(file) { Issue.record("\(file.path):\(index + 1)") }
    }
  }
}

/// One Swift file, line by line.
struct SourceFile {
  /// From the project's folder on.
  let path: String
  let lines: [String]
  /// The lines without comments and without what stands in string literals.
  let code: [String]

  static let all: [SourceFile] = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    return ["Sources", "Tests"].flatMap { folder in
      let paths = FileManager.default.enumerator(atPath: root + "/" + folder)?.compactMap {
        $0 as? String
      }
      return (paths ?? []).filter { $0.hasSuffix(".swift") }.sorted().compactMap { path in
        SourceFile(root: root, path: folder + "/" + path)
      }
    }
  }()

  private init?(root: String, path: String) {
    guard let text = try? String(contentsOfFile: root + "/" + path, encoding: .utf8) else {
      return nil
    }
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var isQuoted = false
    code = lines.map { Self.code(of: $0, &isQuoted) }
  }

  /// Where the tests of a source file belong; `Type+Aspect` is tested with its type.
  static func mirror(of path: String) -> String? {
    for target in ["Wire", "Reactor"] where path.hasPrefix("Sources/\(target)/") {
      let inner = path.dropFirst("Sources/\(target)/".count).dropLast(".swift".count)
      return "Tests/\(target)Tests/\(inner.split(separator: "+")[0])Tests.swift"
    }
    return nil
  }

  static func isImport(_ line: String) -> Bool {
    line.split(separator: " ").prefix(3).contains("import")
  }

  var imports: [Int] { code.indices.filter { Self.isImport(code[$0]) } }

  /// From the line that begins a function to the one that ends it. The formatter has seen to it
  /// that the closing brace stands below the beginning.
  var functions: [Range<Int>] {
    code.indices.compactMap { start in
      guard Self.beginsFunction(code[start]) else { return nil }
      let indent = code[start].prefix { $0 == " " }
      for line in start + 1..<code.count {
        if code[line] == indent + "}" { return start..<line + 1 }
        // A requirement of a protocol has no body.
        if !code[line].isEmpty && !code[line].hasPrefix(indent) { return nil }
      }
      return nil
    }
  }

  private static func beginsFunction(_ line: String) -> Bool {
    let words = line.split { !$0.isLetter && $0 != "(" && $0 != "{" && $0 != "}" }
    guard !line.hasSuffix("}"), let first = words.first else { return false }
    let isDeclared = words.prefix(4).contains { $0 == "func" }
    return isDeclared || words.prefix(3).contains { $0.hasPrefix("init(") } || first == "deinit"
  }

  /// Cuts off a comment and empties string literals; `isQuoted` is whether a literal of several
  /// lines goes on.
  private static func code(of line: String, _ isQuoted: inout Bool) -> String {
    if line.contains("\"\"\"") {
      isQuoted.toggle()
      return ""
    }
    if isQuoted { return "" }
    var (kept, isString, isEscaped) = ("", false, false)
    for (character, next) in zip(line, line.dropFirst() + " ") {
      if !isString && character == "/" && next == "/" { break }
      if character == "\"" && !isEscaped { isString.toggle() }
      isEscaped = character == "\\" && !isEscaped
      if !isString || character == "\"" { kept.append(character) }
    }
    return kept
  }
}

extension String {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespaces) }
  fileprivate var lastWord: String { split(separator: " ").last.map(String.init) ?? "" }
}
