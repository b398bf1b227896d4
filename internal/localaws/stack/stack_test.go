package stack_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/app"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/localaws/host"
	"github.com/psabridge/psabridge/internal/localaws/stack"
)

func TestMain(m *testing.M) {
	if err := stack.Build(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func start(t *testing.T, c stack.Config) *stack.Stack {
	t.Helper()
	if c.Simulator.TimeZone == "" {
		c.Simulator.TimeZone = noon(t).String() // no nightly run comes in between
	}
	s, err := stack.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// get asks the API as a demo person, or as nobody.
func get(t *testing.T, s *stack.Stack, path, person string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.BaseURL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if person != "" {
		token, err := s.Token(person)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// TestTheDeployedFunctionsAnswer starts the project's own functions by the
// project's own template.
func TestTheDeployedFunctionsAnswer(t *testing.T) {
	t.Parallel()
	s := start(t, stack.Config{Simulator: cwsim.Config{Companies: 3}, CountConnectWise: true})
	for _, c := range []struct {
		path, person string
		want         int
	}{
		{"/", "", 200},
		{"/v1/openapi.json", "", 200},
		{"/v1/connection", "", 401},
		{"/v1/connection", "customer", 404},
	} {
		if status, body := get(t, s, c.path, c.person); status != c.want {
			t.Errorf("%s as %q: %d %.300s", c.path, c.person, status, body)
		}
	}
	if calls := s.Host.Calls(); slices.ContainsFunc(calls, func(c host.Call) bool { return c.Denied }) {
		t.Errorf("a role does not allow what its function does: %+v", calls)
	}
}

// TestTicksAreWorkedOn: the schedules of the template reach their functions,
// and nothing of it fails.
func TestTicksAreWorkedOn(t *testing.T) {
	t.Parallel()
	s := start(t, stack.Config{})
	for _, id := range []string{"SyncTick", "UsageTick"} {
		if err := s.Host.Fire(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"sync", "usage"} {
		if _, err := s.Host.Invoke(t.Context(), name, []byte(`{"Records":[],"v":1,"kind":"tick"}`)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheOverlayIsTheOneThatFunctionsRefuse: what the host adds and what the
// functions refuse on Lambda is one list.
func TestTheOverlayIsTheOneThatFunctionsRefuse(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(app.Overlay(), host.Overlay()); diff != "" {
		t.Errorf("(-functions +host):\n%s", diff)
	}
}

// TestDataSurvives starts twice on one data folder.
func TestDataSurvives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "a"}, "sk": &types.AttributeValueMemberS{Value: "b"},
	}
	table := aws.String("psabridge-Table")
	first, err := stack.Start(t.Context(), stack.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	_, putErr := dynamodb.NewFromConfig(first.Services.AWSConfig()).PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: key})
	if err := errors.Join(putErr, first.Close()); err != nil {
		t.Fatal(err)
	}
	second := start(t, stack.Config{DataDir: dir})
	out, err := dynamodb.NewFromConfig(second.Services.AWSConfig()).GetItem(t.Context(), &dynamodb.GetItemInput{TableName: table, Key: key})
	if err != nil || len(out.Item) != 2 {
		t.Errorf("the item is %v: %v", out, err)
	}
}
