package usage

import "fmt"

// Refusal is a definite no: nothing was made or changed.
type Refusal struct {
	// Run says that it is not about this line: nothing was sent, or nothing
	// of the kind is taken at present. Cause says when to come back.
	Run bool
	// Period says that the date was refused: the period is invoiced, or
	// before the billing start. Another date may be taken.
	Period bool
	// Gone says that the record does not exist (any more).
	Gone bool
	// Words are ConnectWise's, for people.
	Words string
	// Cause is the error that the call ended with.
	Cause error
}

func (r *Refusal) Error() string { return fmt.Sprintf("refused: %v", r.Cause) }

func (r *Refusal) Unwrap() error { return r.Cause }
