package secrets_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/psabridge/psabridge/internal/localaws/localawstest"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/secrets"
)

const name = "psabridge/dev/msp-1/01ARZ3NDEKTSV4RRFFQ69G5FAV"

var creds = psa.Credentials{PublicKey: "pub", PrivateKey: "s3cr3t-pr1vate"}

func newStore(t *testing.T) (*secrets.Store, *secretsmanager.Client, *localawstest.Faults) {
	t.Helper()
	faults := new(localawstest.Faults)
	client := localawstest.SecretsManager(t, faults.Apply)
	return secrets.New(client), client, faults
}

func TestCreateAndGet(t *testing.T) {
	t.Parallel()
	s, client, faults := newStore(t)
	faults.LoseAnswer("CreateSecret", 1)
	arn, err := s.Create(t.Context(), name, creds)
	if err != nil || !strings.Contains(arn, name) {
		t.Fatalf("create: %q, %v", arn, err)
	}
	again, err := secrets.New(client).Create(t.Context(), name, creds)
	if err != nil || again != arn {
		t.Errorf("the same again: %q, %v; want %q", again, err, arn)
	}
	for range 3 {
		got, err := s.Get(t.Context(), arn)
		if err != nil || got != creds {
			t.Errorf("get: %v, %v", got, err)
		}
	}
	if got := faults.Count("GetSecretValue"); got > 2 {
		t.Errorf("%d reads of a secret that never changes", got)
	}
	_, err = s.Create(t.Context(), name, psa.Credentials{PublicKey: "pub", PrivateKey: "another"})
	if !errors.Is(err, psa.ErrConflict) {
		t.Errorf("other credentials under the name: %v, want a conflict", err)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	s, _, _ := newStore(t)
	for _, by := range []string{"name", "ARN"} {
		arn, err := s.Create(t.Context(), name+by, creds)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = s.Get(t.Context(), arn); err != nil {
			t.Fatal(err)
		}
		target := arn
		if by == "name" {
			target = name + by
		}
		for range 2 {
			if err := s.Delete(t.Context(), target); err != nil {
				t.Errorf("delete by %s: %v", by, err)
			}
		}
		if _, err := s.Get(t.Context(), arn); !errors.Is(err, psa.ErrNotFound) {
			t.Errorf("get after deletion by %s: %v", by, err)
		}
	}
}

// Another process's deletion is noticed when the cache ends.
func TestCacheEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, client, _ := newStore(t)
		arn, err := s.Create(t.Context(), name, creds)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = s.Get(t.Context(), arn); err != nil {
			t.Fatal(err)
		}
		if err = secrets.New(client).Delete(t.Context(), arn); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5*time.Minute - 1)
		if _, err = s.Get(t.Context(), arn); err != nil {
			t.Errorf("get from the cache: %v", err)
		}
		time.Sleep(time.Nanosecond)
		if _, err = s.Get(t.Context(), arn); !errors.Is(err, psa.ErrNotFound) {
			t.Errorf("get after the cache: %v", err)
		}
	})
}

// Whatever fails, no error tells what is in the secret.
func TestErrorsTellNothing(t *testing.T) {
	t.Parallel()
	s, client, faults := newStore(t)
	_, err := client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String("broken"), SecretString: aws.String(`{"publicKey":"pub","privateKey":s3cr3t-pr1vate`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = s.Create(t.Context(), name, creds); err != nil {
		t.Fatal(err)
	}
	_, broken := s.Get(t.Context(), "broken")
	_, other := s.Create(t.Context(), name, psa.Credentials{PrivateKey: "s3cr3t-two"})
	faults.Fail("", 100, &types.InternalServiceError{Message: aws.String("down")})
	_, down := s.Create(t.Context(), name+"2", creds)
	_, unread := s.Get(t.Context(), "another")
	gone := s.Delete(t.Context(), "another")
	for what, err := range map[string]error{"broken": broken, "other": other, "down": down, "unread": unread, "delete": gone} {
		if err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, err), "s3cr3t") {
			t.Errorf("%s: %v", what, err)
		}
	}
}
