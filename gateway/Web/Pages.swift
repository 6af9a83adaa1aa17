import HTTP

/// The pages for browsers. They need nothing from elsewhere, and may take nothing from there.
enum Pages {
  static let policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    + "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  /// Paths and what they answer.
  static var all: [(path: String, document: Document)] {
    [
      ("/", page(PackageResources.home_html)),
      ("/docs", page(PackageResources.docs_html)),
      ("/web/style.css", file(PackageResources.style_css, "text/css; charset=utf-8")),
      ("/web/home.js", file(PackageResources.home_js, "text/javascript; charset=utf-8")),
      ("/web/docs.js", file(PackageResources.docs_js, "text/javascript; charset=utf-8")),
    ]
  }

  private static func page(_ content: [UInt8]) -> Document {
    Document(
      content, contentType: "text/html; charset=utf-8",
      headers: [
        ("Content-Security-Policy", policy), ("Referrer-Policy", "no-referrer"),
      ])
  }

  private static func file(_ content: [UInt8], _ type: String) -> Document {
    Document(content, contentType: type)
  }
}
