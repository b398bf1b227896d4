package localaws_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/psabridge/psabridge/internal/localaws"
)

// The behaviour suites of this package say what psabridge needs of each
// service, and hold for the local services. They also run against any other
// endpoints, such as an independent emulator, to see that the local ones
// agree with somebody else's reading of AWS. Those are given as lists with
// commas between, by service:
//
//	PSABRIDGE_WITNESS_DYNAMODB=http://127.0.0.1:5000 \
//	PSABRIDGE_WITNESS_SQS=http://127.0.0.1:5000 \
//	PSABRIDGE_WITNESS_SECRETSMANAGER=http://127.0.0.1:5000 \
//	PSABRIDGE_WITNESS_EVENTBRIDGE=http://127.0.0.1:5000 \
//	go test ./internal/localaws -run 'Suite/127'
//
// with one of these running, as they come from PyPI:
//
//	moto_server -H 127.0.0.1 -p 5000     (package moto[server])
//	GATEWAY_PORT=5000 ministack          (package ministack; all interfaces)
//
// Where a witness is known to differ from AWS, whoever runs it says so with
// go test's -skip, such as 'SQSSuite/127.*/NotInFlight': nothing is left out
// here. Known of moto 5: Secrets Manager RecoveryWindow and LongValue,
// EventBridge both checks (it is less strict), SQS PartialBatch, NotInFlight,
// LargeBodies, InvalidCharacters, EachMessageOnce and DeadLetters, DynamoDB
// ConcurrentAdd, TransactionToken and BatchLimits. Of ministack: no DynamoDB
// check; SQS PartialBatch, NotInFlight and Handles; EventBridge both; Secrets
// Manager CreateTwice, PutTwice, NoValue, LongValue, List, RecoveryWindow and
// ForcedDeletion.

// shared is the one set of local services of this test process.
var shared = sync.OnceValues(func() (*localaws.Services, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	return localaws.Start(ctx, localaws.Config{DynamoDBURL: os.Getenv("AWS_ENDPOINT_URL_DYNAMODB")})
})

func local(t *testing.T) *localaws.Services {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("start the local services: %v", err)
	}
	return s
}

// everywhere runs a suite against the local services and each witness.
func everywhere(t *testing.T, service string, suite func(t *testing.T, cfg aws.Config)) {
	t.Helper()
	t.Run("local", func(t *testing.T) {
		t.Parallel()
		suite(t, local(t).AWSConfig())
	})
	for url := range strings.SplitSeq(os.Getenv("PSABRIDGE_WITNESS_"+service), ",") {
		if url == "" {
			continue
		}
		t.Run(strings.TrimPrefix(url, "http://"), func(t *testing.T) {
			t.Parallel()
			e := localaws.Endpoints{DynamoDB: url, SQS: url, SecretsManager: url, EventBridge: url}
			suite(t, e.AWSConfig())
		})
	}
}

// checks runs the named checks of a suite side by side.
func checks[C any](t *testing.T, client C, named map[string]func(*testing.T, C)) {
	t.Helper()
	for name, check := range named {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, client)
		})
	}
}

// isError reports whether err is AWS's error of a code.
func isError(err error, code string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == code
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
