package store

import (
	"context"
	"log/slog"
	"time"

	"gorm.io/gorm"

	"parley/internal/telemetry"
)

// watch is a plugin of GORM that counts what each statement takes, makes a
// span of it where something is traced, and logs what is slow. What is told of
// a statement is its text; the values may be what a person wrote.
type watch struct{}

func (watch) Name() string { return "parley:watch" }

func (watch) Initialize(g *gorm.DB) error {
	callbacks := g.Callback()
	for _, err := range []error{
		callbacks.Query().Before("gorm:query").Register("parley:before", begin),
		callbacks.Query().After("gorm:query").Register("parley:after", end),
		callbacks.Row().Before("gorm:row").Register("parley:before", begin),
		callbacks.Row().After("gorm:row").Register("parley:after", end),
		callbacks.Raw().Before("gorm:raw").Register("parley:before", begin),
		callbacks.Raw().After("gorm:raw").Register("parley:after", end),
		callbacks.Create().Before("gorm:create").Register("parley:before", begin),
		callbacks.Create().After("gorm:create").Register("parley:after", end),
		callbacks.Update().Before("gorm:update").Register("parley:before", begin),
		callbacks.Update().After("gorm:update").Register("parley:after", end),
		callbacks.Delete().Before("gorm:delete").Register("parley:before", begin),
		callbacks.Delete().After("gorm:delete").Register("parley:after", end),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// statement is one that runs. It travels in the context of GORM's statement,
// which is made anew for each.
type statement struct {
	context.Context
	begun time.Time
	span  *telemetry.Span
}

func begin(g *gorm.DB) {
	ctx, span := telemetry.Start(g.Statement.Context, telemetry.Client, "query")
	g.Statement.Context = &statement{ctx, time.Now(), span}
}

func end(g *gorm.DB) {
	s, ok := g.Statement.Context.(*statement)
	if !ok {
		return
	}
	g.Statement.Context = s.Context
	took := time.Since(s.begun)
	if telemetry.Query(took) {
		slog.WarnContext(s, "a slow statement", "took", took, "statement", g.Statement.SQL.String())
	}
	if s.span != nil {
		s.span.Set("db.system.name", g.Name())
		s.span.Set("db.query.text", g.Statement.SQL.String())
		s.span.End(g.Error)
	}
}
