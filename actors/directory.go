package actors

// DirectoryJob has the profile of one of ours follow what the organisation's
// directory says. See outbox.FollowDirectory.
type DirectoryJob struct {
	ActorID int64    `json:"actor_id"`
	Gone    []string `json:"gone"` // lines of the profile that it does not say any more
}

// Kind names the job.
func (DirectoryJob) Kind() string { return "directory" }
