package dynamo

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Indexes and spreads. They are part of the stored format.
const (
	changedIndex  = "changed"
	dueIndex      = "due"
	changedShards = 16 // partitions of a type's changed-since index
	dueShards     = 8  // partitions of each kind of due index
	bucketBits    = 10 // 1,024 ids share a record partition
)

// Kinds of due index.
const (
	dueRuns       = "runs"
	dueSecrets    = "secrets"
	dueUsage      = "usage"
	dueSyncs      = "syncs"
	dueDepartures = "departures"
)

// key is an item's primary key.
type key struct {
	PK string `dynamodbav:"pk"`
	SK string `dynamodbav:"sk"`
}

func (k key) av() item {
	return item{"pk": &types.AttributeValueMemberS{Value: k.PK}, "sk": &types.AttributeValueMemberS{Value: k.SK}}
}

// valid reports whether DynamoDB would take the key; one that it would not
// take names nothing.
func (k key) valid() bool {
	return k.PK != "" && k.SK != "" && len(k.PK) <= 2048 && len(k.SK) <= 1024
}

// escape keeps the separator out of a part of a key that comes from outside.
func escape(s string) string {
	if !strings.ContainsAny(s, "%#") {
		return s
	}
	return strings.NewReplacer("%", "%25", "#", "%23").Replace(s)
}

func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	return strings.NewReplacer("%25", "%", "%23", "#").Replace(s)
}

func accountPK(a psa.AccountID) string { return "a#" + escape(string(a)) }

func scopePK(s psa.Scope) string {
	return accountPK(s.Account) + "#g" + strconv.FormatInt(int64(s.Generation), 10)
}

// parseScopePK reads the scope at the front of a partition key.
func parseScopePK(pk string) (psa.Scope, error) {
	parts := strings.SplitN(pk, "#", 4)
	if len(parts) < 3 || parts[0] != "a" {
		return psa.Scope{}, fmt.Errorf("partition key %q: %w", pk, psa.ErrInvalid)
	}
	scope := psa.Scope{Account: psa.AccountID(unescape(parts[1]))}
	if _, err := fmt.Sscanf(parts[2], "g%d", &scope.Generation); err != nil {
		return psa.Scope{}, fmt.Errorf("partition key %q: %w", pk, psa.ErrInvalid)
	}
	return scope, nil
}

func typePK(s psa.Scope, t psa.DataType) string { return scopePK(s) + "#" + escape(string(t)) }

// Runs. A run is stored once, under all runs of its scope, and named again in
// its type's list.
func runKey(s psa.Scope, id string) key { return key{scopePK(s) + "#runs", id} }

func runNameKey(s psa.Scope, t psa.DataType, id string) key { return key{typePK(s, t) + "#runs", id} }

func typeKey(s psa.Scope, t psa.DataType) key { return key{typePK(s, t), "state"} }

func shardsPK(s psa.Scope, runID string) string { return scopePK(s) + "#run#" + escape(runID) }

func shardKey(s psa.Scope, runID string, no int) key {
	return key{shardsPK(s, runID), fmt.Sprintf("%04d", no)}
}

func skipsPK(s psa.Scope, runID string) string { return shardsPK(s, runID) + "#skips" }

func skipKey(s psa.Scope, skip syncer.Skip) key {
	return key{skipsPK(s, skip.RunID), escape(string(skip.Type)) + "#" + skipSK(skip)}
}

func openSkipsPK(s psa.Scope, t psa.DataType) string { return typePK(s, t) + "#skips" }

func openSkipKey(s psa.Scope, skip syncer.Skip) key {
	return key{openSkipsPK(s, skip.Type), skipSK(skip)}
}

// skipSK sorts records by id; parents whose records could not be read follow.
func skipSK(skip syncer.Skip) string {
	if skip.Under != 0 {
		return "under#" + paddedID(skip.Under)
	}
	return paddedID(skip.ID)
}

func missingPK(s psa.Scope, runID string) string { return shardsPK(s, runID) + "#missing" }

func logPK(s psa.Scope) string { return scopePK(s) + "#log" }

func logKey(s psa.Scope, at time.Time, unique string) key {
	return key{logPK(s), paddedTime(at) + "#" + unique}
}

// Records. A partition holds the ids that share all but their lowest bits, and
// a directory per type names the partitions that exist.
func bucketOf(id psa.RecordID) int64 { return int64(id) >> bucketBits }

func bucketPK(s psa.Scope, t psa.DataType, bucket int64) string {
	return rowKeysOf(s, t).bucket(bucket)
}

func recordKey(s psa.Scope, t psa.DataType, id psa.RecordID) key { return rowKeysOf(s, t).row(id) }

// rowKeys begins the keys of a type's rows: whoever writes many of them makes
// the beginning once.
type rowKeys string

func rowKeysOf(s psa.Scope, t psa.DataType) rowKeys { return rowKeys(typePK(s, t)) }

func (k rowKeys) bucket(no int64) string { return string(k) + "#" + strconv.FormatInt(no, 10) }

func (k rowKeys) row(id psa.RecordID) key { return key{k.bucket(bucketOf(id)), paddedID(id)} }

func (k rowKeys) changed(shard int64) string {
	return string(k) + "#changed#" + string([]byte{byte('0' + shard/10), byte('0' + shard%10)}) //nolint:gosec // below changedShards
}

func (k rowKeys) children(parent psa.RecordID) string {
	return string(k) + "#of#" + strconv.FormatInt(int64(parent), 10)
}

func bucketsPK(s psa.Scope, t psa.DataType) string { return typePK(s, t) + "#buckets" }

func bucketKey(s psa.Scope, t psa.DataType, bucket int64) key {
	return key{bucketsPK(s, t), paddedID(psa.RecordID(bucket))}
}

func changedPK(s psa.Scope, t psa.DataType, shard int64) string {
	return rowKeysOf(s, t).changed(shard)
}

func changedShardOf(id psa.RecordID) int64 { return int64(id) % changedShards }

func changedSK(at time.Time, id psa.RecordID) string { return paddedTime(at) + "#" + paddedID(id) }

// Setup, by account; a callback finds its account by connection.
func connectionKey(a psa.AccountID) key { return key{accountPK(a), "connection"} }

func draftKey(a psa.AccountID) key { return key{accountPK(a), "draft"} }

const secretSK = "secret#"

func secretKey(a psa.AccountID, name string) key { return key{accountPK(a), secretSK + name} }

const departureSK = "departure#"

// departureKey sorts an account's departures by generation.
func departureKey(s psa.Scope) key {
	return key{accountPK(s.Account), fmt.Sprintf("%s%019d", departureSK, s.Generation)}
}

func syncKey(a psa.AccountID) key { return key{accountPK(a), "schedule"} }

func callbackKey(connectionID string) key { return key{"c#" + escape(connectionID), "callback"} }

// What accounts share: an identity's claim and request budget.
func identityPK(i psa.Identity) string { return "i#" + i.Key() }

func claimKey(i psa.Identity) key { return key{identityPK(i), "claim"} }

func budgetKey(i psa.Identity) key { return key{identityPK(i), "budget"} }

// Usage.
func usageKey(s psa.Scope) key { return key{scopePK(s) + "#usage", "schedule"} }

// duePK spreads the items of one kind over partitions by their key.
func duePK(kind string, k key) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(k.PK + "\x00" + k.SK))
	return dueShardPK(kind, int(h.Sum32()%dueShards))
}

func dueShardPK(kind string, shard int) string { return fmt.Sprintf("due#%s#%d", kind, shard) }

// padded sorts as the numbers do. Every row is written with several of them.
func padded(n int64) string {
	var digits [19]byte
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = byte('0' + n%10)
		n /= 10
	}
	return string(digits[:])
}

func paddedID(id psa.RecordID) string { return padded(max(int64(id), 0)) }

// paddedTime sorts as the times do, from 1970 on.
func paddedTime(t time.Time) string { return padded(max(nanos(t), 0)) }
