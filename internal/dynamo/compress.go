package dynamo

import (
	"fmt"
	"sync"

	"github.com/klauspost/compress/s2"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// codec turns rows into items and back. Its zero value is ready.
type codec struct {
	once sync.Once
	dict *s2.Dict
}

// zip compresses Data, into room if there is enough: S2 with a dictionary of what records look like takes
// less time than gzip, and less room. What does not
// repeat stays as it is, so that a search for leaked keys still finds one.
func (c *codec) zip(room, data []byte) []byte {
	return c.dictionary().Encode(room, data)
}

// unzip reads no more than a row may hold, whatever is stored.
func (c *codec) unzip(zipped []byte) ([]byte, error) {
	n, err := s2.DecodedLen(zipped)
	if err != nil {
		return nil, fmt.Errorf("uncompress: %w", err)
	}
	if n > syncer.MaxDataBytes {
		return nil, fmt.Errorf("uncompress: more than %d bytes: %w", syncer.MaxDataBytes, psa.ErrInvalid)
	}
	data, err := c.dictionary().Decode(nil, zipped)
	if err != nil {
		return nil, fmt.Errorf("uncompress: %w", err)
	}
	return data, nil
}

func (c *codec) dictionary() *s2.Dict {
	c.once.Do(func() { c.dict = s2.MakeDict([]byte(looksLike), nil) })
	return c.dict
}

// looksLike is what records look like, what is most frequent last. It is part
// of the stored format: another text would need another attribute.
const looksLike = `{"caption":"","connectWiseId":"","entryMethod":"List","id":1,"numberOfDecimals":0,"type":"Text",` +
	`"value":"Gold"},{"id":1,"identifier":"","name":"United States"}],"communicationItems":[{"communicationType":"Email",` +
	`"contactId":1,"defaultFlag":true,"domain":"@","id":1,"type":{"id":1,"name":"Email"},"value":""},"firstName":"",` +
	`"inactiveFlag":false,"lastName":"","relationship":"","site":{"id":1,"name":"Main"},"title":"","company":{"id":1,` +
	`"identifier":"","name":""},"contact":{"id":1,"name":""},"activeFlag":true,"billFlag":false,"deviceIdentifier":"",` +
	`"ipAddress":"","osType":"","serialNumber":"","type":{"id":1,"name":""},{"accountNumber":"","addressLine1":"",` +
	`"addressLine2":"","city":"","country":{"id":1,"name":"United States"},"customFields":[{"caption":"","entryMethod":"List",` +
	`"id":1,"numberOfDecimals":0,"type":"Text","value":""}],"defaultContact":{"id":1,"name":""},"deletedFlag":false,` +
	`"faxNumber":"","id":1,"identifier":"","isVendorFlag":false,"leadFlag":false,"market":{"id":1,"name":""},"name":"",` +
	`"parentCompany":{"id":1,"identifier":"","name":""},"phoneNumber":"","state":"","status":{"id":1,"name":"Active"},` +
	`"territory":{"id":1,"name":""},"timeZoneSetup":{"id":1,"name":"US Eastern"},"types":[{"id":1,"name":"Customer"},` +
	`{"id":1,"name":""}],"website":"www.","zip":""}`
