package dynamo

import "time"

// budgetState is the shared request budget of one identity: tokens per minute
// and slots for requests under way. Its methods are the rules; Budget applies
// them by conditional writes, so that they hold between processes.
type budgetState struct {
	// Minute since 1970 that Used counts in; it never goes back.
	Minute int64 `dynamodbav:"minute"`
	Used   int   `dynamodbav:"used"`
	// Rate is the tokens per minute now; it falls when ConnectWise throttles
	// and grows back by a tenth a minute.
	Rate int `dynamodbav:"rate"`
	// Blocked is until when nobody may call.
	Blocked int64    `dynamodbav:"blocked"`
	Slots   []holder `dynamodbav:"slots"`
	// Rev makes every change conditional on what it was computed from.
	Rev int64 `dynamodbav:"rev"`
}

// holder has a slot until a time.
type holder struct {
	Owner string `dynamodbav:"owner"`
	Until int64  `dynamodbav:"until"`
}

func minuteOf(t time.Time) int64 { return t.Unix() / 60 }

// roll brings the state up to now.
func (s *budgetState) roll(now time.Time, opt BudgetOptions) {
	if s.Rate == 0 {
		s.Rate = opt.PerMinute
	}
	minute := minuteOf(now)
	for m := s.Minute; m < minute && s.Rate < opt.PerMinute; m++ {
		s.Rate += (s.Rate + 9) / 10
	}
	s.Rate = min(s.Rate, opt.PerMinute)
	if minute > s.Minute {
		s.Minute, s.Used = minute, 0
	}
	slots := make([]holder, opt.Slots) // states share nothing
	copy(slots, s.Slots)
	s.Slots = slots
}

// blockedFor is how long nobody may call.
func (s *budgetState) blockedFor(now time.Time) time.Duration {
	return max(time.Duration(s.Blocked-nanos(now)), 0)
}

// grant takes up to tokenBatch tokens of this minute. Workers leave the last
// few to people. With none left it says when there will be more.
func (s *budgetState) grant(now time.Time, class Class) (tokens int, wait time.Duration) {
	free := s.Rate - s.Used
	if class == Workers {
		free -= min(tokenBatch, s.Rate/10)
	}
	if free <= 0 {
		return 0, time.Unix((s.Minute+1)*60, 0).Sub(now)
	}
	tokens = min(free, tokenBatch)
	s.Used += tokens
	return tokens, 0
}

// claim gives owner a slot until a time: one that it has, or a free one. The
// first is kept for people. It is -1 if there is none.
func (s *budgetState) claim(now, until time.Time, class Class, owner string) int {
	first := 0
	if class == Workers && len(s.Slots) > 1 {
		first = 1
	}
	for no := first; no < len(s.Slots); no++ {
		if h := s.Slots[no]; h.Owner == "" || h.Until <= nanos(now) {
			s.Slots[no] = holder{Owner: owner, Until: nanos(until)}
			return no
		}
	}
	return -1
}

// renew extends a slot that its owner still has.
func (s *budgetState) renew(no int, owner string, until time.Time) bool {
	if no >= len(s.Slots) || s.Slots[no].Owner != owner {
		return false
	}
	s.Slots[no].Until = nanos(until)
	return true
}

// free gives a slot back, unless somebody else has it by now.
func (s *budgetState) free(no int, owner string) {
	if no < len(s.Slots) && s.Slots[no].Owner == owner {
		s.Slots[no] = holder{}
	}
}

// giveBack returns tokens that were not used, within their minute.
func (s *budgetState) giveBack(tokens int, minute int64) {
	if minute == s.Minute {
		s.Used = max(s.Used-tokens, 0)
	}
}

// throttle stops everybody until a time and halves the rate, once for all
// requests that were under way when ConnectWise throttled.
func (s *budgetState) throttle(now, until time.Time, opt BudgetOptions) {
	if s.blockedFor(now) == 0 {
		s.Rate = max(s.Rate/2, max(opt.PerMinute/10, 1))
	}
	s.Blocked = max(s.Blocked, nanos(until))
}
