package syncer

// Started says what a request for a run led to.
type Started struct {
	Run Run
	// Joined is set if an active run was there already.
	Joined bool
}
