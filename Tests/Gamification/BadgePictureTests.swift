import Foundation
import FoundationXML
import Testing

@testable import Gamification

struct BadgePictureTests {
  @Test(arguments: BadgePicture.Symbol.allCases)
  func everySymbolIsWellFormed(symbol: BadgePicture.Symbol) {
    let picture = BadgePicture(title: "Ten <hours> & \u{1}more", symbol: symbol, colour: "#4c8c4a")
    let parser = XMLParser(data: Data(picture.svg.utf8))
    #expect(parser.parse())
    #expect(picture.svg.contains("Ten &lt;hours&gt; &amp;  more"))
    #expect(picture.svg.contains("fill=\"#4c8c4a\""))
  }

  @Test func anythingButAColourIsReplaced() {
    let picture = BadgePicture(title: "", symbol: .star, colour: "#\"/><x>")
    #expect(!picture.svg.contains("<x>"))
    #expect(picture.svg.contains("#8a6d3b"))
  }
}
