import Observability
import Wire

/// Spans as OTLP wants them: an `ExportTraceServiceRequest` of opentelemetry-proto 1, by its field
/// numbers. <https://github.com/open-telemetry/opentelemetry-proto>
struct SpanBatch {
  static let contentType = "application/x-protobuf"
  private static let bytesOfSpan = 320

  let identity: ProcessIdentity

  func encode(_ spans: [Span]) -> [UInt8] {
    var writer = ProtobufWriter()
    writer.reserve(spans.count * Self.bytesOfSpan + 512)
    writer.message(1) { resourceSpans in
      resourceSpans.message(1, resource)
      resourceSpans.message(2) { scopeSpans in
        scopeSpans.message(1) { scope in
          scope.present(1, "focal")
          scope.present(2, identity.version)
        }
        for span in spans { scopeSpans.message(2) { Self.write(span, &$0) } }
      }
    }
    return writer.bytes
  }

  /// By OpenTelemetry's conventions for resources.
  private func resource(_ writer: inout ProtobufWriter) {
    let attributes: LogFields = [
      "service.name": .string("focal-\(identity.name)"),
      "service.version": .string(identity.version),
      "service.instance.id": .string(identity.instance),
      "deployment.environment.name": .string(identity.environment),
      "host.name": .string(identity.host),
    ]
    for item in attributes.items { Self.attribute(1, item.name, item.value, &writer) }
  }

  private static func write(_ span: Span, _ writer: inout ProtobufWriter) {
    writer.words(1, span.trace.traceHigh, span.trace.traceLow)
    writer.words(2, span.trace.span)
    if span.parent != 0 { writer.words(4, span.parent) }
    writer.present(5, span.name)
    writer.field(6, UInt64(span.kind.rawValue))
    writer.fixed64(7, span.start)
    writer.fixed64(8, span.end)
    for item in span.attributes.items { attribute(9, item.name, item.value, &writer) }
    for link in span.links {
      writer.message(13) {
        $0.words(1, link.traceHigh, link.traceLow)
        $0.words(2, link.span)
      }
    }
    // 2: an error. No message: errors' texts belong to the log.
    if span.isFailed { writer.message(15) { $0.field(3, 2) } }
    writer.fixed32(16, UInt32(span.trace.flags))
  }

  private static func attribute(
    _ field: UInt8, _ name: StaticString, _ value: LogValue, _ writer: inout ProtobufWriter
  ) {
    writer.message(field) { pair in
      pair.present(1, name)
      pair.message(2) { any in
        switch value {
        case .string(let text), .failure(_, let text): any.present(1, text)
        case .bool(let flag): any.present(2, flag ? 1 : 0)
        case .int(let number): any.present(3, UInt64(bitPattern: Int64(number)))
        case .double(let number): any.fixed64(4, number.bitPattern)
        case .duration(let duration): any.present(1, "\(duration)")
        }
      }
    }
  }
}
