package host_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/localaws/host"
)

func TestWhatTheRoleDoesNotAllowIsRefused(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	var got struct{ Error string }
	b.getInto(t, "/open/secret", &got)
	const resource = "arn:aws:secretsmanager:us-east-1:000000000000:secret:theirs/1-AbCdEf"
	for _, part := range []string{"AccessDeniedException", "secretsmanager:GetSecretValue", resource} {
		if !strings.Contains(got.Error, part) {
			t.Errorf("the error does not say %s: %s", part, got.Error)
		}
	}
	if !strings.Contains(b.log.String(), "ACCESS DENIED") || !strings.Contains(b.log.String(), resource) {
		t.Error("the log says nothing of it")
	}
	want := []host.Call{{Function: "api", Service: "secretsmanager", Operation: "GetSecretValue", Denied: true, Status: 400}}
	if diff := cmp.Diff(want, b.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// TestACrashAtEveryCall kills the process before and after each of its two
// calls, and looks at what the service had heard of by then.
func TestACrashAtEveryCall(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		crash host.Crash
		items int32
	}{
		{host.Crash{Function: "api", Call: 1, Phase: host.Before}, 0},
		{host.Crash{Function: "api", Call: 1, Phase: host.After}, 1},
		{host.Crash{Function: "api", Call: 2, Phase: host.Before}, 1},
		{host.Crash{Function: "api", Call: 2, Phase: host.After}, 1},
	} {
		t.Run(fmt.Sprint(c.crash), func(t *testing.T) {
			t.Parallel()
			b := start(t, nil)
			b.Crash(c.crash)
			if status, body := b.get(t, "/open/item", ""); status != http.StatusInternalServerError {
				t.Errorf("%d %s", status, body)
			}
			if calls := b.Calls(); len(calls) != c.crash.Call || !calls[len(calls)-1].Killed || b.Disarm() {
				t.Errorf("calls: %+v", calls)
			}
			if n := items(t, b); n != c.items {
				t.Errorf("the table has %d items, want %d", n, c.items)
			}
			if status, body := b.get(t, "/open/item", ""); status != http.StatusOK {
				t.Errorf("after the crash: %d %s", status, body)
			}
			if n := len(b.Calls()); n != c.crash.Call+2 || b.Starts("api") != 2 {
				t.Errorf("%d calls, %d starts", n, b.Starts("api"))
			}
		})
	}
}

func items(t *testing.T, b *bench) int32 {
	t.Helper()
	out, err := dynamodb.NewFromConfig(b.services.AWSConfig()).Scan(t.Context(), &dynamodb.ScanInput{
		TableName: aws.String("psabridge-Table"), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Count
}

func TestACrashAtACallOfConnectWise(t *testing.T) {
	t.Parallel()
	var heard atomic.Int32
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		heard.Add(1)
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(upstream.Close)
	listener := listen(t) // the front's address must be known to the template
	b := start(t, func(c *host.Config) {
		c.ConnectWise, c.ConnectWiseListener = upstream.URL, listener
		c.Loopback["ConnectWise"] = "http://" + listener.Addr().String()
	})
	for phase, before := range map[host.Phase]int32{host.Before: 0, host.After: 1} {
		heard.Store(0)
		b.Crash(host.Crash{Function: "api", Call: 1, Phase: phase})
		if status, _ := b.get(t, "/open/connectwise", ""); status != http.StatusInternalServerError {
			t.Errorf("%v: status %d", phase, status)
		}
		if n := heard.Load(); n != before {
			t.Errorf("%v: ConnectWise heard of %d calls, want %d", phase, n, before)
		}
	}
	if _, body := b.get(t, "/open/connectwise", ""); body != `{"status":418}` {
		t.Errorf("without a crash: %s", body)
	}
	if c := b.Calls()[0]; c.Service != "connectwise" || c.Operation != "GET /company/info" {
		t.Errorf("%+v", c)
	}
}
