package actors

import "parley/internal/store"

// IntroduceJob has somebody who is new here follow an account, and read it apart where
// a list is named. See outbox.Introduce.
type IntroduceJob struct {
	ActorID  int64      `json:"actor_id"`
	Account  string     `json:"account"` // a handle
	List     string     `json:"list"`
	TargetID int64      `json:"target_id"` // once it is asked to be followed
	Until    store.Time `json:"until"`     // how long its answer is waited for
}

// Kind names the job.
func (IntroduceJob) Kind() string { return "introduce" }
