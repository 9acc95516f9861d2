package mastodon

import (
	"fmt"
	"time"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
)

// adminCohort is the entity Admin::Cohort: those who joined in a period, and
// how many of them were still here in each that came after.
// https://docs.joinmastodon.org/entities/Admin_Cohort/
type adminCohort struct {
	Period    string       `json:"period"`
	Frequency string       `json:"frequency"`
	Data      []cohortData `json:"data"`
}

type cohortData struct {
	Date  string  `json:"date"`
	Rate  float64 `json:"rate"`
	Value string  `json:"value"`
}

// maxCohorts bounds an answer, which grows with its square.
const maxCohorts = 92

// Retention answers with the cohorts of a period, by days or months. Without a
// whole period there is nothing to tell, as in Mastodon.
func (a *API) Retention(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	if p.text("start_at") == "" || p.text("end_at") == "" || p.text("frequency") == "" {
		return a.None(c)
	}
	period, err := periodOf(p)
	if err != nil {
		return err
	}
	frequency := "day"
	if p.text("frequency") == "month" {
		frequency = "month"
	}
	starts := beginnings(period, frequency == "month")
	if len(starts) > maxCohorts {
		return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: End at is too late: there are at most %d days at a time", maxCohorts))
	}
	stays, err := a.reader(c).Stays(store.Days{From: starts[0], Until: period.Until})
	if err != nil {
		return err
	}
	return answer(c, cohorts(stays, starts, frequency))
}

// beginnings are the days on which the parts of a period begin.
func beginnings(period store.Days, months bool) (starts []int64) {
	for day := period.From; day < period.Until; {
		t := time.Unix(day*24*3600, 0).UTC()
		next := t.AddDate(0, 0, 1)
		if months {
			t = time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
			next = t.AddDate(0, 1, 0)
		}
		starts = append(starts, t.Unix()/(24*3600))
		day = next.Unix() / (24 * 3600)
	}
	return starts
}

func cohorts(stays []store.Stay, starts []int64, frequency string) []adminCohort {
	members := make([][]store.Stay, len(starts))
	for _, s := range stays {
		at := len(starts) - 1
		for at > 0 && starts[at] > s.Joined {
			at--
		}
		members[at] = append(members[at], s)
	}
	all := make([]adminCohort, len(starts))
	for i, start := range starts {
		all[i] = adminCohort{Period: midnight(start), Frequency: frequency, Data: []cohortData{}}
		for _, later := range starts[i:] {
			all[i].Data = append(all[i].Data, remaining(members[i], later))
		}
	}
	return all
}

// remaining is how many were here on a day or later. Who joined was here then.
func remaining(members []store.Stay, day int64) cohortData {
	var n int64
	for _, s := range members {
		if max(s.Last, s.Joined) >= day {
			n++
		}
	}
	e := cohortData{Date: midnight(day), Value: id(n)}
	if len(members) > 0 {
		e.Rate = float64(n) / float64(len(members))
	}
	return e
}
