package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"parley/internal/fault"
)

// Excused is err for whoever asked: a fault.Unavailable where the database, or
// something else that was needed, cannot do its work at the moment and will
// again. Inside, an error stays what it is: whether a commit whose answer was
// lost took place is not known.
func Excused(err error) error {
	if err == nil || fault.Of(err) != fault.Internal || !Away(err) {
		return err
	}
	return fault.Wrap(fault.Unavailable, err, "Something that this needs does not answer at the moment")
}

// Away reports whether err says that the database does not answer, is stopping
// or starting, or has no space.
func Away(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		// Connection exception, insufficient resources, operator intervention,
		// system error: https://www.postgresql.org/docs/current/errcodes-appendix.html
		return len(e.Code) == 5 && slices.Contains([]string{"08", "53", "57", "58"}, e.Code[:2])
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return slices.Contains([]int{sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN}, e.Code()&0xff)
	}
	if _, network := errors.AsType[net.Error](err); network {
		return true
	}
	return pgconn.SafeToRetry(err) || slices.ContainsFunc([]error{errClosed, errLost, driver.ErrBadConn, context.DeadlineExceeded, io.ErrUnexpectedEOF},
		func(one error) bool { return errors.Is(err, one) })
}
