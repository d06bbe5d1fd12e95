async def test_a_new_user_has_an_id(control):
    user = await control.post("/users", first_name="Ada", username="ada")

    assert user["id"] > 0
