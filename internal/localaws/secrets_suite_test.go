package localaws_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/google/go-cmp/cmp"
	"github.com/oklog/ulid/v2"
)

func TestSecretsManagerSuite(t *testing.T) {
	t.Parallel()
	everywhere(t, "SECRETSMANAGER", func(t *testing.T, cfg aws.Config) {
		checks(t, secretsmanager.NewFromConfig(cfg), map[string]func(*testing.T, *secretsmanager.Client){
			"CreateAndGet":     secretsCreateAndGet,
			"CreateTwice":      secretsCreateTwice,
			"Missing":          secretsMissing,
			"Versions":         secretsVersions,
			"PutTwice":         secretsPutTwice,
			"Binary":           secretsBinary,
			"RecoveryWindow":   secretsRecoveryWindow,
			"ForcedDeletion":   secretsForcedDeletion,
			"List":             secretsList,
			"Describe":         secretsDescribe,
			"NoValue":          secretsNoValue,
			"LongValue":        secretsLongValue,
			"ConcurrentCreate": secretsConcurrentCreate,
		})
	})
}

func secretName() string { return "test/" + ulid.Make().String() + "/key" }

// token returns a client request token; they have 32 to 64 characters.
func token() *string { return aws.String(ulid.Make().String() + "-token") }

func create(t *testing.T, c *secretsmanager.Client, name, value string) *secretsmanager.CreateSecretOutput {
	t.Helper()
	out, err := c.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretString: &value})
	must(t, err)
	return out
}

func get(t *testing.T, c *secretsmanager.Client, in secretsmanager.GetSecretValueInput) string {
	t.Helper()
	out, err := c.GetSecretValue(t.Context(), &in)
	must(t, err)
	return aws.ToString(out.SecretString)
}

func secretsCreateAndGet(t *testing.T, c *secretsmanager.Client) {
	name := secretName()
	const value = `{"privateKey":"ü \u0000 \"quoted\""}`
	made := create(t, c, name, value)
	if !strings.Contains(*made.ARN, ":secret:"+name+"-") || len(*made.ARN) != strings.Index(*made.ARN, name)+len(name)+7 {
		t.Errorf("ARN %s, want the name, a dash and 6 characters at its end", *made.ARN)
	}
	for _, id := range []string{name, *made.ARN, strings.TrimSuffix(*made.ARN, (*made.ARN)[len(*made.ARN)-7:])} {
		if got := get(t, c, secretsmanager.GetSecretValueInput{SecretId: &id}); got != value {
			t.Errorf("value of %s: %q, want %q", id, got, value)
		}
	}
	out, err := c.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &name})
	must(t, err)
	if *out.VersionId != *made.VersionId || !cmp.Equal(out.VersionStages, []string{"AWSCURRENT"}) {
		t.Errorf("version %s with %v, want %s", *out.VersionId, out.VersionStages, *made.VersionId)
	}
	if age := time.Since(*out.CreatedDate); age < -time.Minute || age > time.Hour {
		t.Errorf("created %v ago", age)
	}
}

func secretsCreateTwice(t *testing.T, c *secretsmanager.Client) {
	in := &secretsmanager.CreateSecretInput{
		Name: aws.String(secretName()), SecretString: aws.String("one"), ClientRequestToken: token(),
	}
	first, err := c.CreateSecret(t.Context(), in)
	must(t, err)
	again, err := c.CreateSecret(t.Context(), in)
	must(t, err)
	if *again.ARN != *first.ARN || *again.VersionId != *first.VersionId {
		t.Errorf("the same creation again: %s, want %s", *again.ARN, *first.ARN)
	}
	other := *in
	other.SecretString = aws.String("two")
	if _, err := c.CreateSecret(t.Context(), &other); !isError(err, "ResourceExistsException") {
		t.Errorf("one token with another value: %v", err)
	}
	other.ClientRequestToken = token()
	if _, err := c.CreateSecret(t.Context(), &other); !isError(err, "ResourceExistsException") {
		t.Errorf("a name that is taken: %v", err)
	}
	if got := get(t, c, secretsmanager.GetSecretValueInput{SecretId: in.Name}); got != "one" {
		t.Errorf("value after these: %q, want the first", got)
	}
}

func secretsMissing(t *testing.T, c *secretsmanager.Client) {
	name := aws.String(secretName())
	_, errGet := c.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: name})
	_, errPut := c.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: name, SecretString: aws.String("x")})
	_, errDescribe := c.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: name})
	_, errDelete := c.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: name})
	for call, err := range map[string]error{"get": errGet, "put": errPut, "describe": errDescribe, "delete": errDelete} {
		if !isError(err, "ResourceNotFoundException") {
			t.Errorf("%s of a missing secret: %v", call, err)
		}
	}
}

func secretsVersions(t *testing.T, c *secretsmanager.Client) {
	name := secretName()
	first := create(t, c, name, "one")
	second, err := c.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: &name, SecretString: aws.String("two"),
	})
	must(t, err)
	for want, in := range map[string][]secretsmanager.GetSecretValueInput{
		"one": {{VersionStage: aws.String("AWSPREVIOUS")}, {VersionId: first.VersionId}},
		"two": {{}, {VersionStage: aws.String("AWSCURRENT")}, {VersionId: second.VersionId}},
	} {
		for _, in := range in {
			in.SecretId = &name
			if got := get(t, c, in); got != want {
				t.Errorf("value of %v %v: %q, want %q", aws.ToString(in.VersionId), aws.ToString(in.VersionStage), got, want)
			}
		}
	}
	_, err = c.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{
		SecretId: &name, VersionStage: aws.String("AWSPENDING"),
	})
	if !isError(err, "ResourceNotFoundException") {
		t.Errorf("a stage that no version has: %v", err)
	}
	pending, err := c.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: &name, SecretString: aws.String("three"), VersionStages: []string{"AWSPENDING"},
	})
	must(t, err)
	described, err := c.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: &name})
	must(t, err)
	want := map[string][]string{
		*first.VersionId: {"AWSPREVIOUS"}, *second.VersionId: {"AWSCURRENT"}, *pending.VersionId: {"AWSPENDING"},
	}
	if diff := cmp.Diff(want, described.VersionIdsToStages); diff != "" {
		t.Errorf("stages (-want +got):\n%s", diff)
	}
}

func secretsPutTwice(t *testing.T, c *secretsmanager.Client) {
	name := secretName()
	create(t, c, name, "one")
	in := &secretsmanager.PutSecretValueInput{
		SecretId: &name, SecretString: aws.String("two"), ClientRequestToken: token(),
	}
	for range 2 {
		_, err := c.PutSecretValue(t.Context(), in)
		must(t, err)
	}
	if got := get(t, c, secretsmanager.GetSecretValueInput{SecretId: &name, VersionStage: aws.String("AWSPREVIOUS")}); got != "one" {
		t.Errorf("the value before the repeated one: %q", got)
	}
	in.SecretString = aws.String("three")
	if _, err := c.PutSecretValue(t.Context(), in); !isError(err, "ResourceExistsException") {
		t.Errorf("one token with another value: %v", err)
	}
}

func secretsBinary(t *testing.T, c *secretsmanager.Client) {
	name := secretName()
	_, err := c.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretBinary: []byte{0, 255}})
	must(t, err)
	out, err := c.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &name})
	must(t, err)
	if !cmp.Equal(out.SecretBinary, []byte{0, 255}) || out.SecretString != nil {
		t.Errorf("value: %v %v", out.SecretBinary, out.SecretString)
	}
}

func secretsRecoveryWindow(t *testing.T, c *secretsmanager.Client) {
	name := secretName()
	create(t, c, name, "one")
	out, err := c.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{
		SecretId: &name, RecoveryWindowInDays: aws.Int64(7),
	})
	must(t, err)
	if in := time.Until(*out.DeletionDate); in < 6*24*time.Hour || in > 8*24*time.Hour {
		t.Errorf("to be deleted in %v, want 7 days", in)
	}
	_, errGet := c.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &name})
	_, errPut := c.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: &name, SecretString: aws.String("x")})
	_, errCreate := c.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretString: aws.String("x")})
	for call, err := range map[string]error{"get": errGet, "put": errPut, "create": errCreate} {
		if !isError(err, "InvalidRequestException") {
			t.Errorf("%s while scheduled for deletion: %v", call, err)
		}
	}
	_, err = c.RestoreSecret(t.Context(), &secretsmanager.RestoreSecretInput{SecretId: &name})
	must(t, err)
	if got := get(t, c, secretsmanager.GetSecretValueInput{SecretId: &name}); got != "one" {
		t.Errorf("restored value: %q", got)
	}
	_, err = c.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{
		SecretId: &name, RecoveryWindowInDays: aws.Int64(7), ForceDeleteWithoutRecovery: aws.Bool(true),
	})
	if !isError(err, "InvalidParameterException") {
		t.Errorf("a window and a forced deletion: %v", err)
	}
}

func secretsForcedDeletion(t *testing.T, c *secretsmanager.Client) {
	name := secretName()
	made := create(t, c, name, "one")
	in := &secretsmanager.DeleteSecretInput{SecretId: made.ARN, ForceDeleteWithoutRecovery: aws.Bool(true)}
	_, err := c.DeleteSecret(t.Context(), in)
	must(t, err)
	_, err = c.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &name})
	if !isError(err, "ResourceNotFoundException") {
		t.Errorf("get after a forced deletion: %v", err)
	}
	if _, err := c.DeleteSecret(t.Context(), in); err != nil {
		t.Errorf("a forced deletion again: %v, want no error", err)
	}
	if again := create(t, c, name, "two"); *again.ARN == *made.ARN {
		t.Errorf("a secret made anew has the ARN of the old one")
	}
}

func secretsList(t *testing.T, c *secretsmanager.Client) {
	prefix := "list/" + ulid.Make().String() + "/"
	var want []string
	for n := range 5 {
		want = append(want, fmt.Sprint(prefix, n))
		create(t, c, want[n], "x")
	}
	create(t, c, "other/"+prefix, "x")
	create(t, c, prefix+"deleted", "x")
	_, err := c.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String(prefix + "deleted")})
	must(t, err)
	got := map[string]bool{}
	pages := 0
	for p := secretsmanager.NewListSecretsPaginator(c, &secretsmanager.ListSecretsInput{
		MaxResults: aws.Int32(2), Filters: []types.Filter{{Key: types.FilterNameStringTypeName, Values: []string{prefix}}},
	}); p.HasMorePages(); pages++ {
		out, err := p.NextPage(t.Context())
		must(t, err)
		for _, s := range out.SecretList {
			got[*s.Name] = true
		}
	}
	for _, name := range want {
		if !got[name] {
			t.Errorf("%s is not in the list", name)
		}
	}
	if len(got) != len(want) || pages < 3 {
		t.Errorf("%d secrets in %d pages, want %d in 3: %v", len(got), pages, len(want), got)
	}
}

func secretsDescribe(t *testing.T, c *secretsmanager.Client) {
	name := secretName()
	_, err := c.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: &name, SecretString: aws.String("x"), Description: aws.String("keys"),
		Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("1")}},
	})
	must(t, err)
	_, err = c.TagResource(t.Context(), &secretsmanager.TagResourceInput{
		SecretId: &name, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("2")}},
	})
	must(t, err)
	_, err = c.UntagResource(t.Context(), &secretsmanager.UntagResourceInput{SecretId: &name, TagKeys: []string{"b"}})
	must(t, err)
	out, err := c.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: &name})
	must(t, err)
	if len(out.Tags) != 1 || *out.Tags[0].Key != "a" || *out.Tags[0].Value != "2" || aws.ToString(out.Description) != "keys" {
		t.Errorf("description %q, tags %+v", aws.ToString(out.Description), out.Tags)
	}
}

func secretsNoValue(t *testing.T, c *secretsmanager.Client) {
	name := secretName()
	_, err := c.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name})
	must(t, err)
	_, err = c.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &name})
	if !isError(err, "ResourceNotFoundException") {
		t.Errorf("the value of a secret without one: %v", err)
	}
	if _, err = c.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: &name}); err == nil {
		t.Error("a put without a value succeeded")
	}
}

func secretsLongValue(t *testing.T, c *secretsmanager.Client) {
	name := secretName()
	value := strings.Repeat("x", 65536)
	create(t, c, name, value)
	if got := get(t, c, secretsmanager.GetSecretValueInput{SecretId: &name}); got != value {
		t.Errorf("a value of 64 KiB came back with %d bytes", len(got))
	}
	_, err := c.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: &name, SecretString: aws.String(value + "x")})
	if err == nil {
		t.Error("a value over 64 KiB was taken")
	}
}

// Of many who create one name, one wins.
func secretsConcurrentCreate(t *testing.T, c *secretsmanager.Client) {
	name := secretName()
	var mu sync.Mutex
	won := ""
	race(func(w int) {
		value := fmt.Sprint("writer ", w)
		_, err := c.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretString: &value})
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil && won == "":
			won = value
		case err == nil:
			t.Errorf("%s and %s both made the secret", won, value)
		case !isError(err, "ResourceExistsException"):
			t.Error(err)
		}
	})
	if got := get(t, c, secretsmanager.GetSecretValueInput{SecretId: &name}); got != won {
		t.Errorf("value %q, want the winner's %q", got, won)
	}
}
