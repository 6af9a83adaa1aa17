import Foundation

/// `protogen SET FOLDER [C-MODULE]`: SET is what `protoc --include_imports --include_source_info
/// --descriptor_set_out=SET` wrote, C-MODULE the C target's name (CMessages). Ends with 1 and the
/// reason where the contract is refused.
@main struct Main {
  static func main() {
    let arguments = CommandLine.arguments
    guard (3...4).contains(arguments.count) else {
      FileHandle.standardError.write(Data("usage: protogen SET FOLDER [C-MODULE]\n".utf8))
      exit(64)
    }
    do {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: arguments[1])))
      let cModule = arguments.count > 3 ? arguments[3] : "CMessages"
      try Generator.write(Generator.generate(bytes, cModule: cModule), to: arguments[2])
    } catch {
      FileHandle.standardError.write(Data("protogen: \(error)\n".utf8))
      exit(1)
    }
  }
}
