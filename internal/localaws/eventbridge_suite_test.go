package localaws_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"
)

func TestEventBridgeSuite(t *testing.T) {
	t.Parallel()
	everywhere(t, "EVENTBRIDGE", func(t *testing.T, cfg aws.Config) {
		checks(t, eventbridge.NewFromConfig(cfg), map[string]func(*testing.T, *eventbridge.Client){
			"PartialFailure": eventsPartialFailure,
			"Limits":         eventsLimits,
		})
	})
}

func putEvents(t *testing.T, c *eventbridge.Client, entries ...types.PutEventsRequestEntry) *eventbridge.PutEventsOutput {
	t.Helper()
	out, err := c.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: entries})
	must(t, err)
	return out
}

func eventEntry(source, detail string) types.PutEventsRequestEntry {
	return types.PutEventsRequestEntry{Source: &source, DetailType: aws.String("run.completed"), Detail: &detail}
}

// A call with bad entries succeeds, carries out the good ones, and says which
// were not.
func eventsPartialFailure(t *testing.T, c *eventbridge.Client) {
	out := putEvents(t, c,
		eventEntry("psabridge", `{"n":1}`), eventEntry("psabridge", `{"n":`), eventEntry("psabridge", `[1]`),
		eventEntry("aws.ec2", `{}`), types.PutEventsRequestEntry{Source: aws.String("psabridge"), Detail: aws.String(`{}`)},
		eventEntry("psabridge", `{"n":2}`),
	)
	var codes []string
	for _, e := range out.Entries {
		codes = append(codes, aws.ToString(e.ErrorCode))
		if (e.EventId == nil) == (e.ErrorCode == nil) {
			t.Errorf("an entry has both or neither of an id and an error: %+v", e)
		}
	}
	want := []string{"", "MalformedDetail", "MalformedDetail", "NotAuthorizedForSourceException", "InvalidArgument", ""}
	if diff := cmp.Diff(want, codes); diff != "" || out.FailedEntryCount != 4 {
		t.Errorf("%d failed; codes (-want +got):\n%s", out.FailedEntryCount, diff)
	}
}

func eventsLimits(t *testing.T, c *eventbridge.Client) {
	half := `{"x":"` + strings.Repeat("x", 500<<10) + `"}`
	if out := putEvents(t, c, eventEntry("psabridge", half), eventEntry("psabridge", half)); out.FailedEntryCount != 0 {
		t.Errorf("1,000 KiB together: %+v", out.Entries)
	}
	many := make([]types.PutEventsRequestEntry, 11)
	for i := range many {
		many[i] = eventEntry("psabridge", `{}`)
	}
	for name, entries := range map[string][]types.PutEventsRequestEntry{
		"11 entries": many, "1,500 KiB": {eventEntry("a", half), eventEntry("b", half), eventEntry("c", half)},
	} {
		_, err := c.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: entries})
		if !isError(err, "ValidationException") {
			t.Errorf("%s: %v, want a ValidationException", name, err)
		}
	}
}
