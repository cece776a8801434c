// swift-tools-version: 6.3
import PackageDescription

/// Every target is held to the same rules: no unsafe code that is not marked as such, no warning.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "streamd",
  products: [
    .executable(name: "streamd", targets: ["Streamd"]),
    .executable(name: "streamctl", targets: ["streamctl"]),
  ],
  targets: [
    .target(name: "CLinux"),
    .target(name: "Reactor", dependencies: ["CLinux"], swiftSettings: strict),
    .target(name: "Wire", swiftSettings: strict),
    .executableTarget(name: "Streamd", dependencies: ["Reactor", "Wire"], swiftSettings: strict),
    .executableTarget(
      name: "streamctl", dependencies: ["Reactor", "Wire"], swiftSettings: strict),
    .testTarget(name: "WireTests", dependencies: ["Wire"], swiftSettings: strict),
    .testTarget(name: "ReactorTests", dependencies: ["Reactor"], swiftSettings: strict),
    .testTarget(
      name: "StreamdTests", dependencies: ["Streamd", "streamctl", "Reactor", "Wire"],
      swiftSettings: strict),
    .testTarget(
      name: "SimulationTests", dependencies: ["Streamd", "Reactor", "Wire"], swiftSettings: strict),
    .testTarget(name: "TidyTests", swiftSettings: strict),
  ]
)
