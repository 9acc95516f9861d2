package health

import (
	"encoding/json"
	"net/http"
)

// Live answers that the process runs, and nothing else: who restarts what does
// not answer must not restart a node whose database is away.
func Live(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// Ready answers with a Report as JSON: 200 where the node can answer people,
// also while something else is not well, and 503 where it cannot.
func (h *Health) Ready(w http.ResponseWriter, r *http.Request) {
	report := h.Report(r.Context())
	w.Header().Set("Content-Type", "application/json")
	if !report.Ready {
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(report)
}
