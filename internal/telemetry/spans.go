package telemetry

import (
	"context"
	"fmt"
	"net/url"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// tracer makes spans; nil until Trace, so that a node which is not traced
// pays for a look at it and no more.
var tracer atomic.Pointer[oteltrace.Tracer]

// Trace sends spans to a collector that takes OTLP over HTTP at endpoint, such
// as http://127.0.0.1:4318, until stop, which sends what is left. Which share of
// requests is traced OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG say, as in
// the specification of OpenTelemetry; without them all.
// Where spans cannot be sent failed is called.
func Trace(ctx context.Context, endpoint, node, version string, failed func(error)) (stop func(context.Context) error, err error) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(failed))
	// The endpoint is the collector's; that of spans is below it.
	// https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp
	spans, err := url.JoinPath(endpoint, "v1/traces")
	if err != nil {
		return nil, fmt.Errorf("tracing.endpoint: %w", err)
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(spans))
	if err != nil {
		return nil, fmt.Errorf("tracing.endpoint: %w", err)
	}
	about := resource.NewSchemaless(attribute.String("service.name", "parley"), attribute.String("service.version", version), attribute.String("service.instance.id", node))
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(about))
	t := provider.Tracer("parley")
	tracer.Store(&t)
	return func(ctx context.Context) error {
		tracer.Store(nil)
		return provider.Shutdown(ctx)
	}, nil
}

// Kind is the side of a call that a span is of.
type Kind = oteltrace.SpanKind

// The kinds of spans.
const (
	Internal = oteltrace.SpanKindInternal
	Server   = oteltrace.SpanKindServer
	Client   = oteltrace.SpanKindClient
	Consumer = oteltrace.SpanKindConsumer
)

// Span is a piece of work; nil where nothing is traced.
type Span struct{ span oteltrace.Span }

// Start begins a span below that of ctx.
func Start(ctx context.Context, kind Kind, name string) (context.Context, *Span) {
	t := tracer.Load()
	if t == nil {
		return ctx, nil
	}
	ctx, span := (*t).Start(ctx, name, oteltrace.WithSpanKind(kind))
	return ctx, &Span{span}
}

// Set notes a fact about the work, by a name of OpenTelemetry's semantic
// conventions where there is one.
func (s *Span) Set(key, value string) {
	if s != nil {
		s.span.SetAttributes(attribute.String(key, value))
	}
}

// Number is Set for a number.
func (s *Span) Number(key string, value int) {
	if s != nil {
		s.span.SetAttributes(attribute.Int(key, value))
	}
}

// Name gives the span a name that is known only now.
func (s *Span) Name(name string) {
	if s != nil {
		s.span.SetName(name)
	}
}

// End ends the span, with what went wrong.
func (s *Span) End(err error) {
	if s == nil {
		return
	}
	if err != nil {
		s.span.SetStatus(codes.Error, fmt.Sprintf("%T", err)) // its text may hold what a person wrote
	}
	s.span.End()
}

// Parent is the span of ctx as text, [W3C Trace Context] traceparent, to go on
// with later; empty where nothing is traced.
func Parent(ctx context.Context) string {
	if tracer.Load() == nil {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}

// WithParent goes on below a span that Parent gave.
func WithParent(ctx context.Context, parent string) context.Context {
	if parent == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": parent})
}
