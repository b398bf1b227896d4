package eventbridge

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/localaws/awsjson"
)

const (
	// maxEntries is the most events of one call, and maxBytes their most
	// bytes together: 1 MiB since January 2026, 256 KiB before.
	maxEntries = 10
	maxBytes   = 1 << 20
	// timeBytes is what an entry's time counts for.
	timeBytes = 14
)

type putInput struct{ Entries []entry }

type entry struct {
	Source, DetailType, Detail, EventBusName string

	Resources []string
	Time      *awsjson.Time
}

type putOutput struct {
	FailedEntryCount int
	Entries          []result
}

type result struct {
	EventId      string `json:",omitempty"`
	ErrorCode    string `json:",omitempty"`
	ErrorMessage string `json:",omitempty"`
}

// putEvents answers each entry for itself: a call that succeeds may have
// failed entries.
func (s *Server) putEvents(_ context.Context, in putInput) (putOutput, error) {
	if err := checkCall(in); err != nil {
		return putOutput{}, err
	}
	out := putOutput{Entries: []result{}}
	for _, e := range in.Entries {
		r, err := s.put(e)
		if err != nil {
			return putOutput{}, err
		}
		if r.ErrorCode != "" {
			out.FailedEntryCount++
		}
		out.Entries = append(out.Entries, r)
	}
	return out, nil
}

func checkCall(in putInput) error {
	total := 0
	for _, e := range in.Entries {
		total += e.size()
	}
	switch n := len(in.Entries); {
	case n == 0 || n > maxEntries:
		return &awsjson.Error{Type: "ValidationException", Message: "A call has 1 to 10 entries."}
	case total > maxBytes:
		return &awsjson.Error{Type: "ValidationException", Message: "Total size of the entries in the request is over the limit."}
	}
	return nil
}

// size is an entry's size by EventBridge's rule.
func (e entry) size() int {
	n := len(e.Source) + len(e.DetailType) + len(e.Detail)
	for _, r := range e.Resources {
		n += len(r)
	}
	if e.Time != nil {
		n += timeBytes
	}
	return n
}

func (s *Server) put(e entry) (result, error) {
	if r := e.check(); r.ErrorCode != "" {
		return r, nil
	}
	event := s.event(e)
	known, err := s.accept(event)
	if err != nil {
		return result{}, err
	}
	if !known {
		return result{ErrorCode: "ResourceNotFoundException", ErrorMessage: "Event bus " + event.Bus + " does not exist."}, nil
	}
	return result{EventId: event.ID}, nil
}

func (e entry) check() result {
	required := map[string]string{"Source": e.Source, "DetailType": e.DetailType, "Detail": e.Detail}
	for name, v := range required {
		if v == "" {
			return result{
				ErrorCode:    "InvalidArgument",
				ErrorMessage: "Parameter " + name + " is not valid. Reason: " + name + " is a required argument.",
			}
		}
	}
	if strings.HasPrefix(e.Source, "aws.") {
		return result{ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: "Not authorized for the source."}
	}
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(e.Detail), &object) != nil || object == nil {
		return result{ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed."}
	}
	return result{}
}

// event makes the event that is delivered. Its bus may be given by its ARN.
func (s *Server) event(e entry) Event {
	at := time.Now()
	if e.Time != nil {
		at = time.Time(*e.Time)
	}
	bus := e.EventBusName[strings.LastIndex(e.EventBusName, "/")+1:]
	if bus == "" {
		bus = "default"
	}
	resources := e.Resources
	if resources == nil {
		resources = []string{}
	}
	return Event{
		Version: "0", ID: awsjson.NewID(), DetailType: e.DetailType, Source: e.Source, Account: s.account,
		Time: at.UTC().Truncate(time.Second), Region: s.region, Resources: resources,
		Detail: json.RawMessage(e.Detail), Bus: bus,
	}
}
