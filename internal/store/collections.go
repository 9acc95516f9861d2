package store

// Collection is some accounts that a person recommends under a name.
type Collection struct {
	ID           int64 `gorm:"primaryKey;autoIncrement:false"`
	ActorID      int64
	Name         string
	Description  string
	Language     string
	Tag          string // as written, empty for none
	Sensitive    bool
	Discoverable bool // shown to others on its owner's profile
	CreatedAt    Time `gorm:"autoCreateTime:false"`
	UpdatedAt    Time `gorm:"autoUpdateTime:false"`
}

// CollectionItem is one of the accounts in a collection.
type CollectionItem struct {
	ID           int64
	CollectionID int64
	ActorID      int64
	State        string // accepted, revoked
	CreatedAt    Time
}

// The states of an item. Who took themselves out is not put in again.
const (
	ItemAccepted = "accepted"
	ItemRevoked  = "revoked"
)

// shownCollection says of a collection c and its owner a that the viewer may see
// it.
const shownCollection = present + ` AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id = c.actor_id AND b.target_id = ?)`

// Collection is the one with the id, if the viewer may see it.
func (r Reader) Collection(viewer, id int64) (*Collection, error) {
	var c Collection
	return &c, r.one(&c, "Record", `SELECT c.* FROM collections c JOIN actors a ON a.id = c.actor_id WHERE c.id = ? AND `+shownCollection, id, viewer)
}

// CollectionsByID are those of the collections that the viewer may see.
func (r Reader) CollectionsByID(viewer int64, ids []int64) ([]*Collection, error) {
	cond, arg := r.in("c.id", ids)
	var rows []*Collection
	return rows, r.scan(&rows, `SELECT c.* FROM collections c JOIN actors a ON a.id = c.actor_id WHERE `+cond+` AND `+shownCollection, arg, viewer)
}

// Collections are the owner's as the viewer may see them, newest first: those
// that are not discoverable are listed for the owner alone.
func (r Reader) Collections(viewer, owner int64, limit, offset int) ([]*Collection, error) {
	var rows []*Collection
	return rows, r.scan(&rows, `SELECT c.* FROM collections c JOIN actors a ON a.id = c.actor_id WHERE c.actor_id = ? AND (c.discoverable OR c.actor_id = ?) AND `+shownCollection+`
 ORDER BY c.id DESC LIMIT ? OFFSET ?`, owner, viewer, viewer, limit, offset)
}

// CollectionsWith are those that the actor is in, newest first.
func (r Reader) CollectionsWith(actor int64, limit, offset int) ([]*Collection, error) {
	var rows []*Collection
	return rows, r.scan(&rows, `SELECT c.* FROM collection_items i JOIN collections c ON c.id = i.collection_id JOIN actors a ON a.id = c.actor_id
 WHERE i.actor_id = ? AND i.state = 'accepted' AND `+shownCollection+` ORDER BY c.id DESC LIMIT ? OFFSET ?`, actor, actor, limit, offset)
}

// CollectionItems are who is in each of the collections, as the viewer sees it:
// nobody with whom the viewer or the owner has anything by a block.
func (r Reader) CollectionItems(viewer int64, collections []int64) (map[int64][]*CollectionItem, error) {
	if len(collections) == 0 {
		return nil, nil
	}
	cond, arg := r.in("i.collection_id", collections)
	var rows []*CollectionItem
	err := r.scan(&rows, `SELECT i.* FROM collection_items i JOIN collections c ON c.id = i.collection_id JOIN actors a ON a.id = i.actor_id
 WHERE `+cond+` AND i.state = 'accepted' AND `+present+`
 AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id IN (c.actor_id, ?) AND b.target_id = i.actor_id)
 AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id = i.actor_id AND b.target_id IN (c.actor_id, ?)) ORDER BY i.id`, arg, viewer, viewer)
	return group(rows, func(i *CollectionItem) int64 { return i.CollectionID }), err
}

// CollectionItem is what is stored of the actor in a collection, or with another
// id than 0 of the item.
func (r Reader) CollectionItem(collection, item, actor int64) (*CollectionItem, error) {
	var i CollectionItem
	return &i, r.one(&i, "Record", `SELECT * FROM collection_items WHERE collection_id = ? AND (id = ? OR actor_id = ?)`, collection, item, actor)
}

// Recommended are the ids of the accounts in a collection, whoever sees them.
func (r Reader) Recommended(collection int64) ([]int64, error) {
	return r.ids(`SELECT actor_id FROM collection_items WHERE collection_id = ? AND state = 'accepted' ORDER BY id`, collection)
}

// CountCollections counts the owner's.
func (r Reader) CountCollections(owner int64) (int64, error) {
	return r.number(`SELECT COUNT(*) FROM collections WHERE actor_id = ?`, owner)
}

// SaveCollection stores a collection as it is now.
func (tx *Tx) SaveCollection(c *Collection) error {
	c.UpdatedAt = Now()
	if c.ID == 0 {
		c.ID, c.CreatedAt = NewID(), c.UpdatedAt
	}
	return tx.g.Save(c).Error
}

// DeleteCollection removes one, with what was told of it.
func (tx *Tx) DeleteCollection(id int64) error {
	recommended, err := tx.Recommended(id)
	if err != nil {
		return err
	}
	for _, reader := range recommended {
		if err := tx.unrecommend(reader, id); err != nil {
			return err
		}
	}
	for _, query := range []string{`DELETE FROM collection_items WHERE collection_id = ?`, `DELETE FROM collections WHERE id = ?`} {
		if _, err := tx.exec(query, id); err != nil {
			return err
		}
	}
	return nil
}

// AddToCollection puts an account into a collection.
func (tx *Tx) AddToCollection(collection, actor int64) (*CollectionItem, error) {
	i := &CollectionItem{ID: NewID(), CollectionID: collection, ActorID: actor, State: ItemAccepted, CreatedAt: Now()}
	_, err := tx.exec(`INSERT INTO collection_items (id, collection_id, actor_id, state, created_at) VALUES (?, ?, ?, ?, ?)`, i.ID, i.CollectionID, i.ActorID, i.State, i.CreatedAt)
	if err != nil {
		return nil, err
	}
	return i, tx.touchCollection(collection)
}

// TakeFromCollection takes an account out: for good where they want it
// themselves, and what was told them of it with it.
func (tx *Tx) TakeFromCollection(i *CollectionItem, revoked bool) error {
	query := `DELETE FROM collection_items WHERE id = ?`
	if revoked {
		query = `UPDATE collection_items SET state = 'revoked' WHERE id = ?`
	}
	if _, err := tx.exec(query, i.ID); err != nil {
		return err
	}
	if err := tx.unrecommend(i.ActorID, i.CollectionID); err != nil {
		return err
	}
	return tx.touchCollection(i.CollectionID)
}

// unrecommend takes back what a reader was told of a collection.
func (tx *Tx) unrecommend(reader, collection int64) error {
	return tx.unnotify(`reader_id = ? AND kind IN ('added_to_collection','collection_update') AND subject_id = ?`, reader, collection)
}

func (tx *Tx) touchCollection(id int64) error {
	_, err := tx.exec(`UPDATE collections SET updated_at = ? WHERE id = ?`, Now(), id)
	return err
}
