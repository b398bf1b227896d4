package eventbridge_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awseventbridge "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/psabridge/psabridge/internal/localaws/eventbridge"
	"github.com/psabridge/psabridge/internal/localaws/localawstest"
)

func rule(t *testing.T, deliver func(context.Context, []byte) error) []eventbridge.Bus {
	t.Helper()
	p, err := eventbridge.ParsePattern([]byte(`{"source":["psabridge"]}`))
	if err != nil {
		t.Fatal(err)
	}
	return []eventbridge.Bus{{Name: "default", Rules: []eventbridge.Rule{{
		Name: "r", Pattern: p, Targets: []eventbridge.Target{{Deliver: deliver}},
	}}}}
}

func put(t *testing.T, client *awseventbridge.Client) {
	t.Helper()
	out, err := client.PutEvents(t.Context(), &awseventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{
		{Source: aws.String("psabridge"), DetailType: aws.String("d"), Detail: aws.String(`{}`)},
	}})
	if err != nil || out.FailedEntryCount != 0 {
		t.Fatalf("put: %v", err)
	}
}

func TestDeliveryIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := localawstest.EventBridge(t)
		tries := 0
		server.SetBuses(rule(t, func(context.Context, []byte) error {
			if tries++; tries < 3 {
				return errors.New("not now")
			}
			return nil
		}))
		put(t, client)
		time.Sleep(time.Minute) // longer than all tries
		if err := server.Close(); err != nil || tries != 3 {
			t.Errorf("%d tries (%v), want 3", tries, err)
		}
	})
}

func TestCloseEndsDeliveries(t *testing.T) {
	t.Parallel()
	client, server := localawstest.EventBridge(t)
	began := make(chan struct{})
	server.SetBuses(rule(t, func(ctx context.Context, _ []byte) error {
		close(began)
		<-ctx.Done()
		return ctx.Err()
	}))
	put(t, client)
	<-began
	if err := server.Close(); err != nil {
		t.Error(err)
	}
}
