package mastodon

import (
	"fmt"
	"time"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
)

// adminMeasure is the entity Admin::Measure. Numbers are texts.
// https://docs.joinmastodon.org/entities/Admin_Measure/
type adminMeasure struct {
	Key           string      `json:"key"`
	Unit          *string     `json:"unit"`
	Total         string      `json:"total"`
	HumanValue    *string     `json:"human_value"`
	PreviousTotal *string     `json:"previous_total"` // null where the total is that of all time
	Data          []dayNumber `json:"data"`
}

type dayNumber struct {
	Date  string `json:"date"`
	Value string `json:"value"`
}

// Bounds of what is counted at once.
const (
	maxKeys = 20
	maxDays = 366
)

// Measures answers with numbers of each day of a period. Keys that are not
// known are left out.
func (a *API) Measures(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	period, err := periodOf(p)
	if err != nil {
		return err
	}
	all := []adminMeasure{}
	for _, key := range keysOf(p) {
		m, known := store.Measures[key]
		if !known {
			continue
		}
		e, err := measure(a.reader(c), key, m, subject(p, key), period)
		if err != nil {
			return err
		}
		all = append(all, e)
	}
	return answer(c, all)
}

// keysOf are the keys that are asked for, each once.
func keysOf(p *params) []string {
	var keys []string
	seen := map[string]bool{}
	for _, key := range p.texts("keys") {
		if !seen[key] && len(keys) < maxKeys {
			seen[key], keys = true, append(keys, key)
		}
	}
	return keys
}

// subject is the hashtag or the domain that a key is asked for.
func subject(p *params, key string) string {
	if name := p.text(key + "[id]"); name != "" {
		return name
	}
	return p.text(key + "[domain]")
}

func measure(r store.Reader, key string, m store.Measure, about string, period store.Days) (e adminMeasure, err error) {
	days, err := r.Series(m, about, period)
	if err != nil {
		return e, err
	}
	total, err := r.Total(m, about, period)
	if err != nil {
		return e, err
	}
	e = adminMeasure{Key: key, Total: id(total), Data: everyDay(days, period)}
	if key == "instance_media_attachments" {
		unit, human := "bytes", inBytes(total)
		e.Unit, e.HumanValue = &unit, &human
	}
	if m.AllTime() {
		return e, nil
	}
	before, err := r.Total(m, about, period.Before())
	previous := id(before)
	e.PreviousTotal = &previous
	return e, err
}

// everyDay are the numbers of all days, those with nothing too.
func everyDay(seen []store.Seen, period store.Days) []dayNumber {
	on := map[int64]int64{}
	for _, s := range seen {
		on[s.Day] = s.Count
	}
	days := make([]dayNumber, 0, period.Until-period.From)
	for day := period.From; day < period.Until; day++ {
		days = append(days, dayNumber{midnight(day), id(on[day])})
	}
	return days
}

// midnight is the moment at which a day begins.
func midnight(day int64) string {
	return time.Unix(day*24*3600, 0).UTC().Format("2006-01-02T15:04:05.000Z")
}

// periodOf reads from which day to which: the time of day does not matter.
func periodOf(p *params) (store.Days, error) {
	from, err := dayOf(p.text("start_at"))
	if err != nil {
		return store.Days{}, fault.Wrap(fault.Invalid, err, "Validation failed: Start at must be a date, as 2026-01-31")
	}
	last, err := dayOf(p.text("end_at"))
	if err != nil {
		return store.Days{}, fault.Wrap(fault.Invalid, err, "Validation failed: End at must be a date, as 2026-01-31")
	}
	if last < from || last-from >= maxDays {
		return store.Days{}, fault.New(fault.Invalid, fmt.Sprintf("Validation failed: End at must be on a day after start at, and at most %d days after", maxDays))
	}
	return store.Days{From: from, Until: last + 1}, nil
}

func dayOf(text string) (int64, error) {
	t, err := time.Parse(time.DateOnly, text[:min(len(text), len(time.DateOnly))])
	if err == nil && t.Year() < 1970 {
		err = fmt.Errorf("%s is too early", text)
	}
	return t.Unix() / (24 * 3600), err
}

// inBytes is a number of bytes as people read it.
func inBytes(n int64) string {
	const step = 1024
	if n < step {
		return fmt.Sprintf("%d Bytes", n)
	}
	value, units := float64(n)/step, []string{"KB", "MB", "GB", "TB", "PB", "EB"}
	at := 0
	for ; value >= step && at < len(units)-1; at++ {
		value /= step
	}
	return fmt.Sprintf("%.3g %s", value, units[at])
}
